/** The report of finished runs of one data set: their roles follow from what the runs recorded. */
import { fail } from '../errors.js';
import type { Evaluation } from '../eval/index.js';
import { runSync } from '../progress.js';
import { EXTERNAL, type FinishedRun } from '../runs/index.js';
import { listed } from './format.js';
import { readHistory } from './history.js';
import type { Page } from './page.js';
import { makingPage } from './report.js';
import { costOf } from './results/_columns.js';

export interface EvaluatedRunFolder {
  readonly name: string;
  readonly run: FinishedRun;
  readonly evaluation: Evaluation;
}

export interface RunsReportOptions {
  readonly title: string;
  /** Sentences on the data. */
  readonly about: readonly string[];
  /** List lengths K of the tables. */
  readonly at: readonly number[];
  /** Metric of the plots, such as `ndcg@10`. */
  readonly metric: string;
  /**
   * The run that students are tested against. Default: the student without distillation, if possible not one from which co-training started;
   * or else the first student.
   */
  readonly against: string | undefined;
  /** Show `demo/ease` as `ease` where that is unambiguous. */
  readonly shorten: boolean;
}

/** The order of the tables. */
const ROLES: readonly string[] = ['teacher', 'co-trained teacher', 'model', 'student'];

/**
 * The page, and the names of its runs in the order of the tables.
 * @throws RecdistillError `unknown-name` for `against` or `metric`, and as `readHistory`
 */
export const runsReport = (all: readonly EvaluatedRunFolder[], options: RunsReportOptions): RunsReport =>
  runSync(reportingRuns(all, options));

export interface RunsReport {
  readonly page: Page;
  readonly names: readonly string[];
}

/** Like `runsReport`, as a generator that yields its progress. */
export function* reportingRuns(
  all: readonly EvaluatedRunFolder[],
  { against, shorten, ...rest }: RunsReportOptions,
): Generator<number, RunsReport> {
  const names = shorten ? shortNames(all.map((r) => r.name)) : all.map((r) => r.name);
  const runs = all
    .map(({ name: fullName, run, evaluation }, at) => ({
      ...{ name: names[at]!, fullName, method: run.result.method, role: roleOf(run, all), evaluation },
      ...{ ...costOf(run.result), history: readHistory(run.folder), isStart: isStart(run, all) },
      ...(run.result.ensemble ? { ensemble: run.result.ensemble } : {}),
    }))
    .sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
  const selectedBy = all.map(({ run }) => run.result.options.selectBy);
  const measured = new Set(
    runs.flatMap((r) => [r.evaluation.means, ...r.history.valid.map((v) => v.metrics)].flatMap(Object.keys)),
  );
  // A plot of a metric that no run has would be left out without a word.
  if (!measured.has(rest.metric) && !selectedBy.includes(rest.metric))
    fail('unknown-name', { kind: 'metric of the runs', given: rest.metric, known: listed([...measured]) });
  const students = runs.filter((r) => r.role === 'student');
  const base =
    against === undefined
      ? (students.find((r) => r.method === 'none' && !r.isStart) ??
        students.find((r) => r.method === 'none') ??
        students[0])
      : (runs.find((r) => isCalled(r.fullName, against) || r.name === against) ??
        fail('unknown-name', { kind: 'run in the report', given: against, known: listed(runs.map((r) => r.name)) }));
  return {
    page: yield* makingPage({ ...rest, runs, ...(base ? { against: base.name } : {}) }),
    names: runs.map((r) => r.name),
  };
}

/** Whether `word` is the name of a run, or its last part: `ease` for `demo/ease`. */
export const isCalled = (name: string, word: string): boolean => name === word || name.endsWith(`/${word}`);

/** The last parts of the names where these differ: plots have little room. */
function shortNames(names: readonly string[]): readonly string[] {
  const last = names.map((name) => name.split('/').at(-1)!);
  return new Set(last).size === names.length ? last : names;
}

/**
 * A run is a teacher if another run recorded its hash as input. A run without distillation is a student if a distilled run has the same model and
 * number of parameters, or if a co-trained student started from it.
 */
function roleOf({ manifest, result }: FinishedRun, all: readonly EvaluatedRunFolder[]): string {
  if (result.method !== 'none') return result.options.role === 'teacher' ? 'co-trained teacher' : 'student';
  const inputs = all.map(({ run }) => run.manifest.inputs);
  if (isStart({ manifest }, all)) return 'student';
  if (result.model === EXTERNAL || inputs.some((input) => Object.values(input).includes(manifest.hash)))
    return 'teacher';
  const sameModel = all.some(
    ({ run: { result: other } }) =>
      other.method !== 'none' && other.model === result.model && other.parameters === result.parameters,
  );
  return sameModel ? 'student' : 'model';
}

/** Whether a co-trained student started from this run. */
const isStart = ({ manifest }: Pick<FinishedRun, 'manifest'>, all: readonly EvaluatedRunFolder[]): boolean =>
  all.some(({ run }) => run.manifest.inputs['student before'] === manifest.hash);
