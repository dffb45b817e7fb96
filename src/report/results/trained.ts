/** Results of training: one run, several runs, a co-trained pair, external teachers. */
import { type LearnerRole, learnerRoles, type Pair } from '../../distill/index.js';
import { metricRegistry, type SampleSize } from '../../eval/index.js';
import type { Job, JobResult } from '../../runs/outcome.js';
import { formatBytes, formatCount, formatMicroseconds, formatSeconds, sampleNotes } from '../format.js';
import { type ResultTable, type Row, resultTable } from '../table/index.js';
import { accuracyKeys, column, costColumns, keysOf, metricCells, metricColumns, textColumns } from './_columns.js';

type Values = Readonly<Record<string, number>>;
/** Metrics of a user's own. */
const ownUserMetrics = (): string[] =>
  metricRegistry.added().flatMap(({ kind, name }) => (kind === 'user' ? [name] : []));
const [parameters, bundle] = costColumns;

/** The accuracy metrics of one run: a row for each, a column for each K. @param means by keys such as `recall@10` @param sample if only a sample was evaluated */
export function metricsTable(means: Values, at: readonly number[], sample?: SampleSize): ResultTable {
  const lengths = [...new Set(at)];
  return resultTable({
    columns: [column('metric', 'test', 'text'), ...lengths.map((k) => column(`@${k}`, `@${k}`, 'metric'))],
    rows: ['recall', 'ndcg', 'hit-rate', 'mrr', 'map', ...ownUserMetrics()].map((m) => ({
      cells: { metric: m, ...Object.fromEntries(lengths.map((k) => [`@${k}`, means[`${m}@${k}`]])) },
    })),
    notes: sampleNotes([sample]),
  });
}

/** Epochs and duration of a run: `best epoch 12 of 40, 3 s`. */
export const workText = ({ epochs, bestEpoch, seconds }: JobResult): string =>
  `${epochs > 0 ? `best epoch ${bestEpoch} of ${epochs}, ` : ''}${formatSeconds(seconds)}`;

const bundleText = ({ bytes, bundleBytes }: JobResult): string =>
  bundleBytes === undefined ? formatBytes(bytes) : `a student bundle of ${formatBytes(bundleBytes)}`;

/** The cost of a model, in a sentence: the bytes of its bundle, or of its parameters if it has none. */
export const costText = (r: JobResult): string =>
  `${formatCount(r.parameters)} parameters, ${bundleText(r)}; exact top 10 of a user in ${formatMicroseconds(r.latencyMicroseconds)} on one thread.`;

/** A finished run, or the error that ended it. */
export type TrainedRow =
  | { readonly name: string; readonly reused: boolean; readonly valid: Values; readonly result: JobResult }
  | { readonly name: string; readonly error: { readonly code: string } };

/** Several models that were trained with one command. @param selectBy the metric that chose the best epoch */
export function trainedTable(rows: readonly TrainedRow[], at: readonly number[], selectBy: string): ResultTable {
  const keys = accuracyKeys(at, selectBy);
  return resultTable({
    columns: [
      column('run', 'run', 'text'),
      column(`valid_${selectBy}`, `valid ${selectBy}`, 'metric', 'At the best epoch.'),
      ...metricColumns(keys, (key) => key, 'test'),
      ...[column('seconds', 'time', 'seconds'), bundle!, column('note', '', 'text')],
    ],
    rows: rows.map((row) => ({ cells: { run: row.name, ...trainedCells(row, keys, selectBy) } })),
    notes: sampleNotes(rows.map((row) => ('error' in row ? undefined : row.result.sample))),
  });
}

function trainedCells(row: TrainedRow, keys: readonly string[], selectBy: string): Row['cells'] {
  if ('error' in row) return { note: `failed: ${row.error.code}` };
  const { valid, result, reused } = row;
  return {
    [`valid_${selectBy}`]: valid[selectBy],
    ...metricCells(keys, result.metrics, 'test'),
    ...{ seconds: result.seconds, bundleBytes: result.bundleBytes, note: reused ? 'already finished' : '' },
  };
}

/** The run that a teacher or a student started from. */
export interface PairBefore {
  readonly role: LearnerRole;
  readonly name: string;
  readonly metrics: Values;
  readonly parameters: number | undefined;
}

/** A pair after co-training. */
type PairResults = Pair<Pick<Job, 'result'>>;

/** A teacher and a student before and after co-training. @param name of the pair */
export function pairTable(
  outcome: PairResults,
  before: readonly PairBefore[],
  name: string,
  at: readonly number[],
): ResultTable {
  // The metrics of the published code, if they were computed.
  const published = Object.keys(outcome.student.result.metrics).filter((key) => key.startsWith('bd-'));
  const keys = [...keysOf(['recall', 'ndcg'], at), ...published];
  return resultTable({
    columns: [...[column('role', 'test', 'text'), ...textColumns(['run']), parameters!], ...metricColumns(keys)],
    rows: before.flatMap((b) => {
      const { role } = b;
      const { result } = outcome[role];
      const row = (run: string, of: { readonly parameters: number | undefined; readonly metrics: Values }): Row => ({
        cells: { role, run, parameters: of.parameters, ...metricCells(keys, of.metrics) },
      });
      return [row(`before: ${b.name}`, b), row(`after: ${name}/${role}`, result)];
    }),
    notes: sampleNotes(learnerRoles.map((role) => outcome[role].result.sample)),
  });
}

/** Epochs and duration of the co-training. */
export function pairWorkText(outcome: PairResults): string {
  const { epochs, seconds } = outcome.student.result;
  const best = learnerRoles.map((role) => `${outcome[role].result.bestEpoch} (${role})`).join(' and ');
  return `best epochs ${best} of ${epochs}, ${formatSeconds(seconds)}`;
}

/** An external teacher. */
interface Imported {
  readonly name: string;
  readonly outcome: {
    readonly result: { readonly bestEpoch: number; readonly metrics: Values; readonly sample?: SampleSize };
    readonly teacher: {
      readonly trajectory: { readonly checkpoints: readonly { readonly epoch: number; readonly metrics: Values }[] };
    };
  };
}

/** External teachers: each checkpoint on valid, then the last one on test. */
export function importedTable(imported: readonly Imported[], at: readonly number[]): ResultTable {
  const keys = accuracyKeys(at);
  const row = (run: string, part: string, epoch: number, values: Values): Row => ({
    cells: { run, part, epoch, ...metricCells(keys, values) },
  });
  return resultTable({
    columns: [...textColumns(['run', 'part']), column('epoch', 'epoch', 'count'), ...metricColumns(keys)],
    rows: imported.flatMap(({ name, outcome: { teacher, result } }) => [
      ...teacher.trajectory.checkpoints.map((c) => row(name, 'valid', c.epoch, c.metrics)),
      row(name, 'test', result.bestEpoch, result.metrics),
    ]),
    notes: sampleNotes(imported.map(({ outcome }) => outcome.result.sample)),
  });
}
