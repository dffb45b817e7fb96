/** The report of some runs of one data set: what they reach, how they came there, what they cost, and what is chance. */
import type { ComparisonRow, Evaluation } from '../eval/index.js';
import type { Cost } from '../runs/outcome.js';
import {
  formatBytes,
  formatCount,
  formatMetric,
  formatMicroseconds,
  formatP,
  formatPercent,
  formatSeconds,
  ifKnown,
} from './format.js';
import type { Construction, History } from './history.js';
import type { Page, Section } from './page.js';
import type { Point } from './plot.js';

export interface ReportRun extends Partial<Cost> {
  readonly name: string;
  /** Such as teacher or student: the colour of its dot, and which plots it is in. */
  readonly role: string;
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions. */
  readonly hidden?: Evaluation;
  /** Absent for what is no run, such as an ensemble. */
  readonly history?: History;
}

export interface ReportInput {
  readonly title: string;
  /** Sentences on the data. */
  readonly about: readonly string[];
  readonly runs: readonly ReportRun[];
  /** List lengths K of the tables. */
  readonly at: readonly number[];
  /** The metric of the plots, such as `recall@50`. */
  readonly metric: string;
  /** Tests of some runs against one. */
  readonly comparisons: readonly ComparisonRow[];
  /** The name of that one. */
  readonly against?: string;
}

export function reportPage(input: ReportInput): Page {
  const { title, about, runs, metric } = input;
  const curves = runs.filter((r) => r.role !== 'teacher');
  const teachers = runs.filter((r) => r.role === 'teacher');
  return {
    title,
    about,
    sections: [
      resultSection(input),
      ...comparisonSection(input),
      ...curveSection(`${metric} by epoch`, curves, metric),
      ...curveSection(`Teachers: ${metric} by epoch, and the checkpoints of their trajectories`, teachers, metric),
      ...runs.flatMap((run) => constructionSections(run)),
      ...costSection('parameters', 'Accuracy against size', 'parameters', input),
      ...costSection(
        'latencyMicroseconds',
        'Accuracy against latency',
        'microseconds for the exact top 10 of a user',
        input,
      ),
    ],
  };
}

const right = (title: string) => ({ title, right: true });

function resultSection({ runs, at }: ReportInput): Section {
  const keys = at.flatMap((k) => [`recall@${k}`, `ndcg@${k}`]);
  const hides = runs.some((r) => r.hidden);
  const nUsers = runs[0]?.evaluation.users.length ?? 0;
  return {
    title: 'Results on test',
    text: [`Full ranking, mean over ${formatCount(nUsers)} users.`],
    table: {
      columns: [
        ...[{ title: 'role' }, { title: 'run' }, ...keys.map(right)],
        ...(hides ? keys.map((key) => right(`hidden ${key}`)) : []),
        ...['parameters', 'size', 'top 10 in', 'training'].map(right),
      ],
      rows: runs.map((r) => [
        ...[r.role, r.name, ...keys.map((key) => formatMetric(r.evaluation.means[key]))],
        ...(hides ? keys.map((key) => formatMetric(r.hidden?.means[key])) : []),
        ifKnown(r.parameters, formatCount),
        ifKnown(r.bytes, formatBytes),
        ifKnown(r.latencyMicroseconds, formatMicroseconds),
        ifKnown(r.seconds, formatSeconds),
      ]),
    },
  };
}

function comparisonSection({ comparisons, against }: ReportInput): Section[] {
  if (comparisons.length === 0) return [];
  return [
    {
      title: against === undefined ? 'Is the difference real?' : `Is the difference to ${against} real?`,
      text: ['User by user: paired t test, p-values adjusted over the table (Holm), 95 % bootstrap intervals.'],
      table: {
        columns: [
          ...[{ title: 'metric' }, { title: 'run' }],
          ...['value', 'difference', 'relative', '95 % interval', 'adjusted p'].map(right),
        ],
        rows: comparisons.map((c) => [
          ...[c.metric, c.name, formatMetric(c.mean), `${c.difference >= 0 ? '+' : ''}${c.difference.toFixed(4)}`],
          Number.isNaN(c.relativeDifference) ? '-' : formatPercent(c.relativeDifference),
          `${c.interval.low.toFixed(4)} to ${c.interval.high.toFixed(4)}`,
          formatP(c.adjustedP),
        ]),
      },
    },
  ];
}

/** On test where all runs have a test curve, else on valid: one plot never mixes the two. */
function curveSection(title: string, runs: readonly ReportRun[], metric: string): Section[] {
  const trained = runs.filter((r) => (r.history?.valid.length ?? 0) > 1);
  if (trained.length === 0) return [];
  const part = trained.every((r) => r.history!.test.length > 0) ? 'test' : 'valid';
  const pointsOf = (what: 'valid' | 'test' | 'checkpoints'): Point[] =>
    trained.flatMap((r) =>
      r.history![what].flatMap(({ epoch, metrics }) =>
        metrics[metric] === undefined ? [] : [{ x: epoch, y: metrics[metric], name: r.name }],
      ),
    );
  const dots = part === 'valid' && trained.every((r) => r.role === 'teacher') ? pointsOf('checkpoints') : [];
  const points = pointsOf(part);
  if (points.length === 0) return [];
  return [{ title: `${title} (${part})`, plot: { kind: 'lines', points, x: 'epoch', y: `${part} ${metric}`, dots } }];
}

function constructionSections({ name, history }: ReportRun): Section[] {
  const told = history?.constructions ?? [];
  if (told.length === 0) return [];
  const places = told.flatMap((c) =>
    c.teachers.flatMap((t) =>
      t.share.map((share, at) => ({ x: c.epoch, y: share, name: `checkpoint ${at + 1}`, group: t.teacher })),
    ),
  );
  const ordered = places.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.x - b.x);
  const distances = told.flatMap((c) => c.teachers.map((t) => ({ x: c.epoch, y: t.distance, name: t.teacher })));
  return [
    {
      title: `${name}: users at each checkpoint, by teacher`,
      text: [phaseText(told)],
      plot: { kind: 'shares', points: ordered, x: 'epoch', y: 'users (%)' },
    },
    {
      title: `${name}: distance of the student to each teacher's last checkpoint`,
      text: ['1 - NDCG of the lists, mean over users; 0 = the same items.'],
      plot: { kind: 'lines', points: distances, x: 'epoch', y: 'distance' },
    },
  ];
}

function phaseText(told: readonly Construction[]): string {
  const first = told.find((c) => c.fine > 0);
  const all = told.find((c) => c.fine === 1);
  if (!first) return 'No user came to the fine-grained loss.';
  if (first === all) return `All users go on to the fine-grained loss after epoch ${first.epoch}.`;
  return `The first users go on to the fine-grained loss after epoch ${first.epoch}${all ? `, all have after epoch ${all.epoch}` : ''}.`;
}

function costSection(
  what: 'parameters' | 'latencyMicroseconds',
  title: string,
  x: string,
  input: ReportInput,
): Section[] {
  const { runs, metric } = input;
  const known = runs.filter((r) => (r[what] ?? 0) > 0 && r.evaluation.means[metric] !== undefined);
  if (known.length < 2) return [];
  const points = known.map((r) => ({ x: r[what]!, y: r.evaluation.means[metric]!, name: r.name, group: r.role }));
  return [{ title, plot: { kind: 'named', points, x, y: `test ${metric}` } }];
}
