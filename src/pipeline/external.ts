/** Teachers from elsewhere as finished runs: judged like every model, and kept so that every command takes them for one. */
import { basename, join } from 'node:path';
import { openRun, type Run } from '../artifact/index.js';
import { parseOptions } from '../config/options.js';
import {
  type Dataset,
  digestOf,
  type ExternalRankings,
  type ExternalTeacher,
  type RankingReport,
  type Trajectory,
} from '../data/index.js';
import { fail } from '../errors.js';
import { createJudge, type EvaluationOptions, evaluationOptions, type Judge } from './evaluation.js';
import { isRun, jobFiles, keep, readBack } from './finished.js';
import type { Outcome, RunResult } from './job.js';

/** What stands in place of a model's name. */
export const EXTERNAL = 'external';

/** How the run of a file of rankings is called if nobody says otherwise. */
export const nameOfFile = (file: string): string => folderName(basename(file).replace(/\..*$/, '')) || 'rankings';

export interface ImportRequest {
  readonly dataset: Dataset;
  /** What `readExternalRankings` made of the file; the depth is that of the judge. */
  readonly external: ExternalRankings;
  /** Name of the teacher, and first part of the names of several. */
  readonly name: string;
  readonly evaluation?: Partial<EvaluationOptions>;
  /** Folder of the run, or of the runs where the file names its teachers; absent: in memory only. */
  readonly folder?: string;
  readonly overwrite?: boolean;
  /** How the data set was loaded; kept in the run folders. */
  readonly source?: Readonly<Record<string, unknown>>;
}

export interface ImportedTeacher {
  /** `NAME`, or `NAME/TEACHER` where the file names its teachers. */
  readonly name: string;
  readonly folder?: string;
  readonly outcome: Outcome;
}

/**
 * Judges each teacher at each of its checkpoints on valid, and at the last one on test. What counts for a run is what was read: the same
 * rankings in another order of rows or another format are the same run.
 * @throws RecdistillError `bad-option`, `usage` if names of teachers do not make folders, `run-differs`, `run-locked`, `write-failed`
 */
export function importTeachers(request: ImportRequest): ImportedTeacher[] {
  const { dataset, external, name, folder } = request;
  const evaluation = parseOptions(evaluationOptions, request.evaluation, 'evaluation');
  const judge = createJudge(dataset, evaluation);
  const places = external.teachers.map((t) => (t.name === undefined ? '' : folderName(t.name)));
  checkPlaces(external.teachers, places, folder);
  return external.teachers.map((teacher, t) => {
    const place = places[t]!;
    const own = place === '' ? name : `${name}/${place}`;
    const trajectory = { ...teacher.trajectory, teacher: teacher.name ?? name };
    const options = { teacher: trajectory.teacher, ...evaluation };
    const setting = { request, options, judge, rankings: teacher.rankings };
    if (folder === undefined) return { name: own, outcome: judged(setting, trajectory, undefined) };
    const path = join(folder, place);
    const content = [...trajectory.checkpoints.map((c) => c.rankings), teacher.rankings];
    const observed = trajectory.observed ? [trajectory.observed] : [];
    const epochs = trajectory.checkpoints.map((c) => c.epoch);
    const run = openRun(
      path,
      {
        kind: 'import',
        options: { ...options, epochs },
        dataFingerprint: dataset.fingerprint,
        inputs: { rankings: digestOf([...content, ...observed]) },
      },
      { overwrite: request.overwrite ?? false },
    );
    try {
      if (run.isFinished()) return { name: own, folder: path, outcome: readBack<RunResult>(run, dataset, judge) };
      // One that was interrupted begins anew; this cuts what it had logged.
      run.loadLatestCheckpoint();
      if (request.source) run.writeResult(jobFiles.source, request.source);
      run.writeResult(jobFiles.report, reportOf(external.report, t));
      return { name: own, folder: path, outcome: judged(setting, trajectory, run) };
    } finally {
      run.close();
    }
  });
}

interface Setting {
  readonly options: Readonly<Record<string, unknown>>;
  readonly judge: Judge;
  readonly rankings: ExternalTeacher['rankings'];
}

function judged({ options, judge, rankings }: Setting, read: Trajectory, run: Run | undefined): Outcome {
  const checkpoints = read.checkpoints.map((c) => {
    const metrics = judge.selects ? judge.valid(c.rankings).means : {};
    run?.metric({ epoch: c.epoch, ...metrics });
    return { ...c, metrics };
  });
  const evaluation = judge.test(rankings);
  const { epoch } = checkpoints.at(-1)!;
  const outcome: Outcome = {
    result: {
      ...{ model: EXTERNAL, method: 'none', options, bestEpoch: epoch, epochs: epoch },
      metrics: { ...evaluation.means, ...evaluation.beyondAccuracy.evaluatedUsers },
    },
    evaluation,
    rankings,
    teacher: { trajectory: { ...read, checkpoints }, hash: run?.manifest.hash ?? '' },
    reused: false,
  };
  if (run) keep(run, outcome);
  return outcome;
}

/** What the report says of one teacher. */
const reportOf = (report: RankingReport, teacher: number): RankingReport => ({
  ...report,
  teachers: [report.teachers[teacher]!],
});

/** The name of a teacher as that of a folder: letters, digits, `_`, `-` and `.`, not a dot at the start. */
const folderName = (teacher: string): string =>
  teacher
    .replace(/[^\p{L}\p{N}_.-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 100);

function checkPlaces(
  teachers: readonly ExternalTeacher[],
  places: readonly string[],
  folder: string | undefined,
): void {
  const refuse = (problem: string): never =>
    fail('usage', {
      problem,
      hint: 'Give the teachers other names in the file; letters, digits, "_", "-" and "." make a folder.',
    });
  places.forEach((place, t) => {
    const { name } = teachers[t]!;
    if (name === undefined) return;
    if (place === '') refuse(`the teacher ${JSON.stringify(name)} cannot name a folder`);
    // Some file systems do not tell upper from lower case.
    const same = places.findIndex((other) => other.toLowerCase() === place.toLowerCase());
    if (same < t)
      refuse(
        `the teachers ${JSON.stringify(teachers[same]!.name)} and ${JSON.stringify(name)} would share the folder ${place}`,
      );
  });
  if (folder !== undefined && !places.includes('') && isRun(folder)) {
    fail('usage', {
      problem: `${folder} is a run itself, and the teachers of the file would be runs within it`,
      hint: 'Choose another --name, or delete that run first.',
    });
  }
}
