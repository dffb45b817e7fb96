/** External teachers as finished runs, evaluated and stored like the runs of models. */
import { basename, join } from 'node:path';
import {
  digestOf,
  type ExternalRankings,
  type ExternalTeacher,
  type RankingReport,
  type Rankings,
  type Trajectory,
} from '../data/index.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { createEvaluator, type Evaluator, evaluationFor } from '../eval/evaluation.js';
import { eachInParts, runSync, within } from '../progress.js';
import { isRun, jobFiles, keeping, readingBack } from './finished.js';
import { recordNames } from './names.js';
import { metricsOf, type Outcome, type RunResult } from './outcome.js';
import type { RunRequest } from './request.js';
import { openRunFolder, type RunFolder } from './run-folder.js';
import { type RunSpec, runHash } from './run-manifest.js';

/** The model name of an external teacher. */
export const EXTERNAL = 'external';

/** What was read from the file, stored in the run folder. */
const reportFile = 'import.json';

/** The default run name for a file of rankings. */
export const nameOfFile = (file: string): string => folderName(basename(file).replace(/\..*$/, '')) || 'rankings';

/** `folder`: of the run, or of the runs if the file names its teachers. */
export interface ImportRequest extends Pick<RunRequest, 'dataset' | 'evaluation' | 'folder' | 'overwrite' | 'source'> {
  /** The result of `readExternalRankings`, with the depth of the evaluation. */
  readonly external: ExternalRankings;
  /** Name of the teacher, or prefix of the names of several teachers. */
  readonly name: string;
}

export interface ImportedTeacher {
  /** `NAME`, or `NAME/TEACHER` if the file names its teachers. */
  readonly name: string;
  readonly folder?: string;
  readonly outcome: Outcome;
}

export interface ImportPlan {
  /** `NAME`, or `NAME/TEACHER` if the file names its teachers. */
  readonly name: string;
  /** Folder below that of the request; '' for the folder itself. */
  readonly place: string;
  /** Name that its students record. */
  readonly teacher: string;
  readonly spec: RunSpec;
}

/**
 * The runs of an import, in the order of the teachers. A run is identified by the rankings that were read: another order of rows or
 * another format gives the same run.
 * @throws RecdistillError `bad-option`, `usage` if names of teachers cannot be folder names
 */
export function planImport(request: ImportRequest): ImportPlan[] {
  const { dataset, external, name, folder } = request;
  const evaluation = evaluationFor(request.evaluation, dataset.train);
  const places = external.teachers.map((t) => (t.name === undefined ? '' : folderName(t.name)));
  checkPlaces(external.teachers, places, folder);
  return external.teachers.map(({ name: own, trajectory: { checkpoints, observed }, rankings }, t) => {
    const teacher = own ?? name;
    const content = [...checkpoints.map((c) => c.rankings), rankings, ...(observed ? [observed] : [])];
    const spec = {
      kind: 'import',
      options: { teacher, ...evaluation, epochs: checkpoints.map((c) => c.epoch) },
      dataFingerprint: dataset.fingerprint,
      inputs: { rankings: digestOf(content) },
    };
    return { name: places[t] === '' ? name : `${name}/${places[t]}`, place: places[t]!, teacher, spec };
  });
}

/**
 * Evaluates each teacher at each of its checkpoints on valid, and at the last one on test.
 * @throws RecdistillError as `planImport`, `run-differs`, `run-locked`, `write-failed`
 */
export const importTeachers = (request: ImportRequest): ImportedTeacher[] => runSync(importingTeachers(request));

/** The same in parts. */
export function* importingTeachers(request: ImportRequest): Generator<number, ImportedTeacher[]> {
  const { dataset, external, folder } = request;
  const evaluation = evaluationFor(request.evaluation, dataset.train);
  const evaluator = createEvaluator(dataset, evaluation);
  return yield* eachInParts(planImport(request), function* ({ name, place, teacher, spec }, t) {
    const own = external.teachers[t]!;
    const setting: Setting = {
      ...{ request, evaluator, spec, trajectory: { ...own.trajectory, teacher }, rankings: own.rankings },
      options: { teacher, ...evaluation },
      // Statistics of this teacher from the import report.
      report: { ...external.report, teachers: [external.report.teachers[t]!] },
    };
    return {
      name,
      ...(folder === undefined
        ? { outcome: yield* evaluating(setting, undefined) }
        : { folder: join(folder, place), outcome: yield* keepingTeacher(setting, join(folder, place)) }),
    };
  });
}

interface Setting {
  readonly request: ImportRequest;
  readonly evaluator: Evaluator;
  readonly spec: RunSpec;
  readonly trajectory: Trajectory;
  readonly rankings: Rankings;
  readonly options: Readonly<Record<string, unknown>>;
  readonly report: RankingReport;
}

/** The run of one teacher in its folder: read back, or created. */
function* keepingTeacher(setting: Setting, folder: string): Generator<number, Outcome> {
  const { request, evaluator, report } = setting;
  const { dataset, source, overwrite = false } = request;
  const run = openRunFolder(folder, setting.spec, { overwrite });
  try {
    if (run.isFinished()) {
      if (typeof source?.labels === 'string')
        recordNames(run.path, source.labels, String(source.labelsEncoding ?? 'auto'));
      return yield* readingBack<RunResult>(run, dataset, evaluator);
    }
    // An interrupted import starts again; this removes its log lines.
    run.loadLatestCheckpoint();
    if (source) run.writeResult(jobFiles.source, source);
    run.writeResult(reportFile, report);
    return yield* evaluating(setting, run);
  } finally {
    run.close();
  }
}

function* evaluating(setting: Setting, run: RunFolder | undefined): Generator<number, Outcome> {
  const { options, evaluator, rankings, trajectory } = setting;
  const each = eachInParts(trajectory.checkpoints, function* (c) {
    const metrics = evaluator.selects ? (yield* evaluator.parts.valid(c.rankings)).means : {};
    run?.metric({ epoch: c.epoch, ...metrics });
    return { ...c, metrics, rankings: evaluator.taught(c.rankings) };
  });
  const { observed } = trajectory;
  const checkpoints = yield* within(each, 0, 0.4);
  const evaluation = yield* within(evaluator.parts.test(rankings), 0.4, 0.6);
  const hidden = yield* within(evaluator.parts.hidden(rankings), 0.6, 0.7);
  const { epoch } = checkpoints.at(-1)!;
  const outcome: Outcome = {
    result: {
      ...{ model: EXTERNAL, method: 'none', options, bestEpoch: epoch, epochs: epoch },
      metrics: metricsOf(evaluation),
      ...defined({ sample: evaluation.sample }),
      ...(hidden ? { hidden: metricsOf(hidden) } : {}),
    },
    evaluation,
    ...(hidden ? { hidden } : {}),
    rankings,
    teacher: {
      trajectory: { ...trajectory, checkpoints, ...defined({ observed: observed && evaluator.taught(observed) }) },
      hash: run?.manifest.hash ?? runHash(setting.spec),
      tested: () => rankings,
    },
    reused: false,
  };
  if (run) yield* within(keeping(run, { ...outcome, trajectory: outcome.teacher.trajectory }), 0.7, 1);
  return outcome;
}

/** The name of a teacher as a folder name: letters, digits, `_`, `-` and `.`, not starting with a dot. */
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
      hint: 'Rename the teachers in the file. Use letters, digits, "_", "-" and ".".',
    });
  places.forEach((place, t) => {
    const { name } = teachers[t]!;
    if (name === undefined) return;
    if (place === '') refuse(`the teacher ${JSON.stringify(name)} cannot name a folder`);
    // Some file systems are not case-sensitive.
    const same = places.findIndex((other) => other.toLowerCase() === place.toLowerCase());
    if (same < t)
      refuse(
        `the teachers ${JSON.stringify(teachers[same]!.name)} and ${JSON.stringify(name)} would share the folder ${place}`,
      );
  });
  if (folder !== undefined && !places.includes('') && isRun(folder)) {
    fail('usage', {
      problem: `${folder} is a run, so the runs of the file's teachers cannot be stored in it`,
      hint: 'Choose another --name, or delete that run first.',
    });
  }
}
