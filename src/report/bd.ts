/** The part of a report on what bidirectional distillation did to a teacher and a student. */
import type { BdAnalysis, DiscrepancyBin } from '../eval/index.js';
import { formatCount, formatMetric } from './format.js';
import type { History } from './history.js';
import type { Section } from './page.js';
import type { Lines, Point } from './plot.js';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const right = (title: string) => ({ title, right: true });
const stages = ['before', 'after'] as const;
const lines = (points: readonly Point[], x: string, y: string, dots: readonly Point[] = []): Lines => ({
  ...{ kind: 'lines', points, x, y, dots },
});

/** @param histories of the two runs that train together */
export function bdSections(a: BdAnalysis, histories: BdHistories, metric: string): Section[] {
  return [aheadSection(a), discrepancySection(a), ...curveSections(histories, metric), ...quartileSections(a)];
}

export interface BdHistories {
  readonly teacher: History;
  readonly student: History;
}

const aheadSection = (a: BdAnalysis): Section => ({
  title: 'Who is ahead',
  text: ['Shares of the test interactions, by which model ranks them further in front among all items.'],
  table: {
    columns: [{ title: '' }, ...['student', 'teacher', 'neither'].map(right)],
    rows: stages.map((s) => [s, ...[a[s].ahead.student, a[s].ahead.teacher, a[s].ahead.neither].map(percent)]),
  },
});

function binName({ from, to }: DiscrepancyBin): string {
  if (from === to) return formatCount(from);
  if (!Number.isFinite(to)) return `${formatCount(from)} and more`;
  return Number.isFinite(from) ? `${formatCount(from)} to ${formatCount(to)}` : `${formatCount(to)} and less`;
}

function discrepancySection(a: BdAnalysis): Section {
  const points = stages.flatMap((s) => a[s].discrepancy.map(({ share }, n) => ({ x: n + 1, y: share, name: s })));
  return {
    title: 'How far apart they are',
    text: ['Rank of the student minus that of the teacher, over the test interactions; below 0 the student is ahead.'],
    plot: lines(points, 'bin of the table, from the student ahead to the teacher ahead', 'share', points),
    table: {
      columns: [{ title: 'difference' }, ...stages.map(right)],
      rows: a.before.discrepancy.map((bin, n) => [
        binName(bin),
        ...stages.map((s) => percent(a[s].discrepancy[n]!.share)),
      ]),
    },
  };
}

function curveSections(histories: BdHistories, metric: string): Section[] {
  const points = (['teacher', 'student'] as const).flatMap((role) =>
    histories[role].valid.flatMap(({ epoch, metrics }) =>
      metrics[metric] === undefined ? [] : [{ x: epoch, y: metrics[metric], name: role }],
    ),
  );
  if (points.length === 0) return [];
  return [{ title: `${metric} by epoch (valid)`, plot: lines(points, 'epoch', `valid ${metric}`) }];
}

function quartileSections(a: BdAnalysis): Section[] {
  return (
    [
      ['byItem', 'Accuracy by popularity of the item', 'train interactions of the item'],
      ['byUser', 'Accuracy by activity of the user', 'train interactions of the user'],
    ] as const
  ).map(([what, title, sizes]) => ({
    title,
    text: [
      `Share of the test interactions that are among the first ${a.at}, by quarters of these; those of equal size stay together.`,
    ],
    plot: lines(
      stages.flatMap((s) =>
        (['teacher', 'student'] as const).flatMap((role) =>
          a[s][what].map((q, n) => ({ x: n + 1, y: q[role], name: `${role} ${s}` })),
        ),
      ),
      'quarter',
      `found among the first ${a.at}`,
    ),
    table: {
      columns: [
        { title: sizes },
        right('test interactions'),
        ...stages.flatMap((s) => [right(`teacher ${s}`), right(`student ${s}`)]),
      ],
      rows: a.before[what].map((q, n) => [
        q.from === q.to ? formatCount(q.from) : `${formatCount(q.from)} to ${formatCount(q.to)}`,
        formatCount(q.interactions),
        ...stages.flatMap((s) => [formatMetric(a[s][what][n]!.teacher), formatMetric(a[s][what][n]!.student)]),
      ]),
    },
  }));
}
