/** Sections of a report on a teacher and a student before and after co-training. */
import type { Dataset } from '../data/index.js';
import { type Pair, learnerRoles as roles } from '../distill/index.js';
import { analysePair, type DiscrepancyBin, type PairAnalysis } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import { readSavedModel, testRanks } from '../runs/index.js';
import { formatCount, formatShare } from './format.js';
import { type History, readHistory } from './history.js';
import type { Section } from './page.js';
import type { Lines, Point } from './plot.js';
import { column } from './results/_columns.js';
import { resultTable } from './table/index.js';

const stages = ['before', 'after'] as const;
const lines = (points: readonly Point[], x: string, y: string, dots: readonly Point[] = []): Lines => ({
  ...{ kind: 'lines', points, x, y, dots },
});

export interface ReportedPair {
  readonly analysis: PairAnalysis;
  readonly sections: readonly Section[];
  /** Which of them ranks the test interactions higher. */
  readonly summary: string;
}

/**
 * Compares a co-trained pair with the runs that it started from.
 * @param pair its name, and the run folders before and after
 * @param at K of the accuracy by popularity and activity
 * @param metric of the curves
 */
export async function reportPair(
  k: Kernels,
  { name, before, after }: { readonly name: string; readonly before: Pair<string>; readonly after: Pair<string> },
  dataset: Dataset,
  { at, metric }: { readonly at: number; readonly metric: string },
): Promise<ReportedPair> {
  const ranksOf = async (of: Pair<string>) => ({
    teacher: await testRanks(k, readSavedModel(of.teacher), dataset),
    student: await testRanks(k, readSavedModel(of.student), dataset),
  });
  const analysis = analysePair(dataset, { before: await ranksOf(before), after: await ranksOf(after) }, at);
  const histories = { teacher: readHistory(after.teacher), student: readHistory(after.student) };
  const share = (stage: 'before' | 'after') => formatShare(analysis[stage].ahead.student);
  return {
    ...{ analysis, sections: pairSections(analysis, histories, metric) },
    summary: `${name}: the student ranks ${share('before')} of the test interactions higher than the teacher before, ${share('after')} after.`,
  };
}

/** @param histories of the two co-trained runs */
export function pairSections(a: PairAnalysis, histories: Pair<History>, metric: string): Section[] {
  return [aheadSection(a), discrepancySection(a), ...curveSections(histories, metric), ...quartileSections(a)];
}

const aheadSection = (a: PairAnalysis): Section => ({
  title: 'Which model ranks the test interactions higher',
  text: ['Shares of the test interactions, by the model that ranks them higher among all items.'],
  table: resultTable({
    columns: [
      column('stage', '', 'text'),
      ...(['student', 'teacher', 'neither'] as const).map((model) => column(model, model, 'share')),
    ],
    rows: stages.map((stage) => ({ cells: { stage, ...a[stage].ahead } })),
  }),
});

function binName({ from, to }: DiscrepancyBin): string {
  if (from === to) return formatCount(from);
  if (!Number.isFinite(to)) return `${formatCount(from)} and more`;
  return Number.isFinite(from) ? `${formatCount(from)} to ${formatCount(to)}` : `${formatCount(to)} and less`;
}

function discrepancySection(a: PairAnalysis): Section {
  const points = stages.flatMap((s) => a[s].discrepancy.map(({ share }, n) => ({ x: n + 1, y: share, name: s })));
  return {
    title: 'Differences between the ranks',
    text: [
      'Rank by the student minus rank by the teacher, over the test interactions; below 0 the student ranks higher.',
    ],
    plot: lines(points, 'row of the table, from the student ranks higher to the teacher ranks higher', 'share', points),
    table: resultTable({
      columns: [column('difference', 'difference', 'text'), ...stages.map((stage) => column(stage, stage, 'share'))],
      rows: a.before.discrepancy.map((bin, n) => ({
        cells: { difference: binName(bin), ...Object.fromEntries(stages.map((s) => [s, a[s].discrepancy[n]!.share])) },
      })),
    }),
  };
}

function curveSections(histories: Pair<History>, metric: string): Section[] {
  const points = roles.flatMap((role) =>
    histories[role].valid.flatMap(({ epoch, metrics }) =>
      metrics[metric] === undefined ? [] : [{ x: epoch, y: metrics[metric], name: role }],
    ),
  );
  if (points.length === 0) return [];
  return [{ title: `${metric} by epoch (valid)`, plot: lines(points, 'epoch', `valid ${metric}`) }];
}

function quartileSections(a: PairAnalysis): Section[] {
  const kinds = [
    ['byItem', 'Accuracy by popularity of the item', 'train interactions of the item'],
    ['byUser', 'Accuracy by activity of the user', 'train interactions of the user'],
  ] as const;
  const found = `in the top ${a.at}`;
  return kinds.map(([what, title, sizes]) => ({
    title,
    text: [
      `Share of the test interactions that are ${found}, by quartiles of the ${sizes}; interactions with the same number are in one quartile.`,
    ],
    plot: lines(
      stages.flatMap((s) =>
        roles.flatMap((role) => a[s][what].map((q, n) => ({ x: n + 1, y: q[role], name: `${role} ${s}` }))),
      ),
      'quartile',
      `share ${found}`,
    ),
    table: resultTable({
      columns: [
        ...[column('quartile', sizes, 'text'), column('interactions', 'test interactions', 'count')],
        ...stages.flatMap((s) => roles.map((role) => column(`${role}_${s}`, `${role} ${s}`, 'metric'))),
      ],
      rows: a.before[what].map((q, n) => ({
        cells: {
          quartile: q.from === q.to ? formatCount(q.from) : `${formatCount(q.from)} to ${formatCount(q.to)}`,
          interactions: q.interactions,
          ...Object.fromEntries(stages.flatMap((s) => roles.map((r) => [`${r}_${s}`, a[s][what][n]![r]]))),
        },
      })),
    }),
  }));
}
