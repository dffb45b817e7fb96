/** Metrics of runs on one part, without significance tests. */
import type { Dataset } from '../../data/index.js';
import { type Evaluation, evaluatedMetrics, type SampleSize } from '../../eval/index.js';
import { metricsOf } from '../../runs/outcome.js';
import { formatCount, sampleNotes } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column, keysOf, metricCells, metricColumns } from './_columns.js';
import { type ComparedRun, type EvaluatedPart, partTitles } from './compare.js';

/** More metrics are shown as rows, with a column for each run. */
const MOST = 6;

export interface EvaluatedRun extends ComparedRun {
  readonly dataset: Pick<Dataset, 'name' | 'fingerprint'>;
}

/**
 * @param at list lengths K
 * @param all every metric; else recall and NDCG
 */
export function evaluationTable(
  runs: readonly EvaluatedRun[],
  at: readonly number[],
  part: EvaluatedPart,
  all: boolean,
): ResultTable {
  const names = all ? evaluatedMetrics() : ['recall', 'ndcg'];
  const keys = keysOf(names, at);
  const transposed = keys.length > MOST;
  const sizes = new Set(runs.map((r) => r.evaluation.users.length));
  const users = sizes.size === 1 ? formatCount([...sizes][0]!) : 'the';
  const mixed = new Set(runs.map((r) => r.dataset.fingerprint)).size > 1;
  return resultTable({
    about: [`${partTitles[part]}, full ranking, mean over ${users} users.`],
    columns: [column('run', transposed ? 'metric' : 'run', 'text'), ...metricColumns(keys)],
    rows: runs.map((r) => ({ cells: { run: r.name, ...metricCells(keys, metricsOf(r.evaluation)) } })),
    notes: [
      ...sampleNotes(runs.map((r) => r.evaluation.sample)),
      ...(mixed ? ['The runs are of different data sets: their metrics cannot be compared.'] : []),
    ],
    transposed,
  });
}

export interface EvaluationJson {
  readonly part: EvaluatedPart;
  /** Evaluated users of the first run. */
  readonly nUsers: number;
  readonly runs: readonly (Omit<ComparedRun, 'evaluation'> & {
    /** Name of the data set. */
    readonly data: string;
    readonly metrics: Readonly<Record<string, number>>;
    readonly sample?: SampleSize;
  })[];
}

/** All computed metrics, as JSON. */
export const evaluationJson = (runs: readonly EvaluatedRun[], part: EvaluatedPart): EvaluationJson => ({
  ...{ part, nUsers: runs[0]?.evaluation.users.length ?? 0 },
  runs: runs.map(({ dataset, evaluation, ...run }) => ({
    ...{ ...run, data: dataset.name, metrics: metricsOf(evaluation) },
    ...(evaluation.sample ? { sample: evaluation.sample } : {}),
  })),
});

/** The metrics of every user as TSV, with a line for each run and user. @param userIds of the data set */
export function perUserText(
  runs: readonly { readonly name: string; readonly evaluation: Evaluation; readonly userIds: readonly string[] }[],
): string {
  const keys = Object.keys(runs[0]?.evaluation.perUser ?? {});
  const plain = (text: string) => text.replace(/[\t\r\n]/g, ' ');
  const lines = runs.flatMap(({ name, evaluation: { users, perUser }, userIds }) =>
    Array.from(users, (u, row) =>
      [plain(name), plain(userIds[u]!), ...keys.map((key) => perUser[key]![row])].join('\t'),
    ),
  );
  return `${[['run', 'user', ...keys].join('\t'), ...lines].join('\n')}\n`;
}
