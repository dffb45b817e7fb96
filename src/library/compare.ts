/** Compares runs with one of them, user by user. */
import { fail } from '../errors.js';
import { type Metric, type MetricName, metricOf } from '../eval/index.js';
import { type CompareRunsOptions, type Comparison, compareRuns } from '../report/results/compare.js';
import { expectOptions } from './check.js';
import { type EvaluateOptions, evaluate } from './evaluate.js';
import { expectRun, expectRuns, type Run } from './run.js';

export interface CompareOptions
  extends Pick<EvaluateOptions, 'part' | 'at'>,
    Pick<CompareRunsOptions, 'test' | 'adjust'> {
  /** The run to compare with, or its name. Default: the first run. */
  readonly against?: Run | string;
  /** Names, or metrics of your own. Default: recall and ndcg. */
  readonly metrics?: readonly (MetricName | Metric)[];
}

/**
 * Compares runs of one data set: quality and cost of each run, and its difference to one of them with bootstrap interval and p-value.
 * @param runs at least two distinct runs. Equal names get numbers: `bpr-mf`, `bpr-mf 2`
 * @returns tables of values and of differences, as text, Markdown, HTML, CSV and JSON
 * @throws RecdistillError `usage` for fewer than two runs, `needs-not-met` if their data differs, `unknown-name`, `bad-option`
 */
export function compare(runs: readonly Run[], options: CompareOptions = {}): Comparison {
  expectRuns(runs, 'compare', 'the argument');
  expectOptions(options, 'compare', ['against', 'metrics', 'at', 'part', 'test', 'adjust']);
  const { metrics = ['recall', 'ndcg'], part = 'test', test = 't', adjust = 'holm' } = options;
  const measured = metrics.map(metricOf);
  if (new Set(runs).size < 2 || new Set(runs).size < runs.length) {
    const problem = `compare needs at least two distinct runs; ${runs.length} were given`;
    fail('usage', { problem, hint: EXAMPLE });
  }
  const names = namesOf(runs);
  const base = baseOf(runs, names, options.against);
  const other = runs.findIndex((run) => run.data.fingerprint !== base.data.fingerprint);
  if (other >= 0) {
    fail('needs-not-met', {
      problem: `${names[other]} and ${base.name} are runs of different data`,
      hint: 'Train both on the same data set: same source, filters and split.',
    });
  }
  const at = options.at ?? lengthsOf(base);
  const evaluated = runs.map((run, r) => ({
    ...{
      name: names[r]!,
      evaluation: evaluate(run, { metrics: measured, at, part }),
      model: run.model,
      method: run.method,
    },
    ...run.cost,
    ...(run.folder === undefined ? {} : { folder: run.folder }),
  }));
  return compareRuns(evaluated, {
    ...{ against: names[runs.indexOf(base)]!, metrics: measured.flatMap((m) => at.map((k) => `${m.name}@${k}`)) },
    ...{ test, adjust, part, data: base.data.name },
  });
}

const EXAMPLE = 'For example: compare([student, ...teachers]).';

/** Distinct names of the runs. */
function namesOf(runs: readonly Run[]): string[] {
  const seen = new Map<string, number>();
  return runs.map(({ name }) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name} ${before + 1}`;
  });
}

function baseOf(runs: readonly Run[], names: readonly string[], against: Run | string | undefined): Run {
  if (against === undefined) return runs[0]!;
  const found = runs.find((run, r) => run === against || names[r] === against);
  if (found) return found;
  const given = typeof against === 'string' ? against : expectRun(against, 'against').name;
  return fail('unknown-name', { kind: 'run to compare with', given, known: names.join(', ') });
}

/** The list lengths K with which a run was evaluated. */
const lengthsOf = ({ evaluation }: Run): number[] => [
  ...new Set(Object.keys(evaluation.perUser).map((key) => Number(key.split('@')[1]))),
];
