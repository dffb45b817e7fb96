/** The one table of a pipeline, and what it means in sentences. */
import { type ComparisonRow, compare } from '../../eval/index.js';
import type { PipelineOptions, PipelineRow } from '../../experiment/index.js';
import { metricsOf } from '../../runs/outcome.js';
import {
  formatBytes,
  formatCount,
  formatMetric,
  formatMicroseconds,
  formatP,
  formatPercent,
  ifKnown,
  listed,
} from '../terminal/format.js';
import { type Column, renderTable } from '../terminal/table.js';

const ORDER = ['baseline', 'teacher', 'ensemble', 'student'] as const;
/** Stands behind a baseline that beats a teacher. */
const MARK = ' *';

export interface PipelineReport {
  readonly text: string;
  readonly json: unknown;
}

/** The metric as people write it: `R@50`. */
const shortName = (metric: string): string => {
  const [name = '', k] = metric.split('@');
  const letters: Readonly<Record<string, string>> = { recall: 'R', ndcg: 'N', precision: 'P', 'hit-rate': 'H' };
  return `${letters[name] ?? name}@${k}`;
};

export function reportOf(rows: readonly PipelineRow[], reused: readonly string[], o: PipelineOptions): PipelineReport {
  const { at, selectBy } = o.evaluation;
  const value = (row: PipelineRow) =>
    row.evaluation.means[selectBy] ?? row.evaluation.beyondAccuracy.evaluatedUsers[selectBy]!;
  const teachers = rows.filter((r) => r.role === 'teacher');
  const upsets = rows
    .filter((r) => r.role === 'baseline')
    .map((r) => ({ name: r.name, beats: teachers.filter((t) => value(t) < value(r)).map((t) => t.name) }))
    .filter(({ beats }) => beats.length > 0);
  const comparisons = comparedStudents(rows, at, selectBy);
  const sentences = [
    ...upsets.map(({ name, beats }) => `*  ${name} is better than ${listed(beats)} in ${shortName(selectBy)}.`),
    ...better(rows, value, selectBy),
    ...comparisons.filter((c) => c.metric === selectBy).map(significance),
    ...economy(rows, value, selectBy),
    ...reuse(reused, rows.length),
  ];
  const table = tableOf(rows, at, new Set(upsets.map((u) => u.name)));
  return {
    text: [table, '', ...sentences].join('\n'),
    json: { rows: rows.map((row) => rowJson(row, reused)), baselinesThatBeatTeachers: upsets, comparisons },
  };
}

function tableOf(rows: readonly PipelineRow[], at: readonly number[], marked: ReadonlySet<string>): string {
  const hides = rows.some((r) => r.hidden);
  const numbers = (titles: readonly string[]): Column[] => titles.map((title) => ({ title, right: true }));
  const columns = [
    { title: 'role' },
    { title: 'model' },
    ...numbers(at.flatMap((k) => [`R@${k}`, `N@${k}`])),
    ...numbers(hides ? at.map((k) => `hidden R@${k}`) : []),
    ...numbers(['parameters', 'size', 'top 10 in']),
  ];
  const lines = ORDER.flatMap((role) => {
    const block = rows.filter((r) => r.role === role);
    const cells = block.map((r) => [
      role,
      `${r.name}${marked.has(r.name) ? MARK : ''}`,
      ...at.flatMap((k) => [`recall@${k}`, `ndcg@${k}`].map((m) => formatMetric(r.evaluation.means[m]))),
      ...(hides ? at.map((k) => formatMetric(r.hidden?.means[`recall@${k}`])) : []),
      ifKnown(r.parameters, formatCount),
      ifKnown(r.bytes, formatBytes),
      ifKnown(r.latencyMicroseconds, formatMicroseconds),
    ]);
    return block.length > 0 ? [[], ...cells] : cells;
  });
  return renderTable(columns, lines.slice(1));
}

/** Every student that learned from teachers against the same model on its own. */
function comparedStudents(rows: readonly PipelineRow[], at: readonly number[], selectBy: string): ComparisonRow[] {
  const students = rows.filter((r) => r.role === 'student');
  const metrics = [...new Set([selectBy, ...at.flatMap((k) => [`recall@${k}`, `ndcg@${k}`])])];
  return students
    .filter((r) => r.method === 'none')
    .flatMap((alone) => {
      const taught = students.filter(
        (r) => r.method !== 'none' && r.model === alone.model && r.parameters === alone.parameters,
      );
      const known = metrics.filter((m) => m in alone.evaluation.perUser);
      return taught.length === 0 ? [] : compare(alone.evaluation, taught, { metrics: known, adjust: 'holm' });
    });
}

function significance(c: ComparisonRow): string {
  const verdict = !(c.adjustedP < 0.01)
    ? 'the difference may be chance'
    : c.difference > 0
      ? 'significantly better'
      : 'significantly worse';
  return (
    `${c.name} against the same student without distillation: ${shortName(c.metric)} ${formatPercent(c.relativeDifference)}, ` +
    `${verdict} (${formatP(c.adjustedP)}, paired t test over users, Holm).`
  );
}

/** A teacher that beats the ensemble is said, too. */
function better(rows: readonly PipelineRow[], value: (row: PipelineRow) => number, selectBy: string): string[] {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  if (!ensemble) return [];
  const ahead = rows.filter((r) => r.role === 'teacher' && value(r) > value(ensemble)).map((r) => r.name);
  if (ahead.length === 0) return [];
  return [
    `The ensemble, in which every teacher counts the same, is not better than ${listed(ahead)} in ${shortName(selectBy)}.`,
  ];
}

/** What the best taught student keeps of the ensemble, and what it saves. */
function economy(rows: readonly PipelineRow[], value: (row: PipelineRow) => number, selectBy: string): string[] {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  const taught = rows.filter((r) => r.role === 'student' && r.method !== 'none');
  if (!ensemble || taught.length === 0) return [];
  const best = taught.reduce((a, b) => (value(b) > value(a) ? b : a));
  const kept = `${best.name} keeps ${((100 * value(best)) / value(ensemble)).toFixed(1)} % of the ensemble's ${shortName(selectBy)}`;
  const times = (x: number) => (x >= 10 ? Math.round(x) : Number(x.toPrecision(2)));
  // Nobody knows the size of a teacher that was made elsewhere.
  const size = ratio(ensemble.bytes, best.bytes);
  const time = ratio(ensemble.latencyMicroseconds, best.latencyMicroseconds);
  if (size === undefined || time === undefined) return [`${kept}.`];
  return [`${kept}, is ${times(size)} times smaller and answers ${times(time)} times faster.`];
}

const ratio = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a / b;

const reuse = (reused: readonly string[], all: number): string[] =>
  reused.length === 0
    ? []
    : [`${reused.length} of ${all - 1} runs were finished before and were read back: ${listed(reused)}.`];

function rowJson(row: PipelineRow, reused: readonly string[]): unknown {
  const { evaluation, hidden, ...rest } = row;
  return {
    ...{ ...rest, reused: reused.includes(row.name), nUsers: evaluation.users.length, metrics: metricsOf(evaluation) },
    ...(hidden ? { hidden: { nUsers: hidden.users.length, metrics: metricsOf(hidden) } } : {}),
  };
}
