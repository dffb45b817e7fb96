/** Tables of the popularity of lists: popularity lift, and recall and exposure of popular and unpopular items. */
import {
  comparingPopularity,
  type Evaluation,
  groupNames,
  measuringTransfer,
  type PopularityDifference,
  type PopularitySummary,
  summarisingAll,
  type Transfer,
} from '../../eval/index.js';
import { eachInParts } from '../../progress.js';
import { formatCount } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column, shortName } from './_columns.js';

/** A row of the tables. */
export interface PopularRow {
  readonly name: string;
  readonly popularity: readonly PopularitySummary[];
}

interface Evaluated {
  readonly name: string;
  readonly evaluation: Evaluation;
}

/** In parts, runs whose evaluation has values of popularity, with their summaries. */
export function* summarisingRuns(runs: readonly Evaluated[]): Generator<number, PopularRow[]> {
  const found = runs.flatMap(({ name, evaluation: { popularity } }) => (popularity ? [{ name, popularity }] : []));
  const summaries = yield* summarisingAll(found.map(({ popularity }) => popularity));
  return found.map(({ name }, at) => ({ name, popularity: summaries[at]! }));
}

const THIRDS = ['least', 'middle', 'most'] as const;

/** @param rows from `summarisingRuns` */
export function popularityTables(rows: readonly PopularRow[]): ResultTable[] {
  if (rows.length === 0) return [];
  const lines = rows.flatMap(({ name, popularity }) => popularity.map((at) => ({ name, at })));
  const interval = (id: string) => column(id, '95 % interval', 'interval', 'Bootstrap interval over users.');
  const lift = resultTable({
    title: 'Popularity lift',
    about: [
      'PL = (mean popularity of recommended items - that of train items) / that of train items, as means over users. 0: as popular as what users had.',
    ],
    columns: [
      ...[
        column('run', 'run', 'text'),
        column('k', 'K', 'count'),
        column('lift', 'PL', 'metric'),
        interval('interval'),
      ],
      ...THIRDS.flatMap((third) => [
        column(
          third,
          `${third} popular third`,
          'metric',
          `PL of the third of the users whose train items are ${third} popular.`,
        ),
        interval(`${third}Interval`),
      ]),
    ],
    rows: lines.map(({ name, at }) => ({
      cells: {
        ...{ run: name, k: at.k, lift: at.lift.value, interval: at.lift.interval },
        ...Object.fromEntries(
          THIRDS.flatMap((third, t) => [
            [third, at.thirds[t]?.value],
            [`${third}Interval`, at.thirds[t]?.interval],
          ]),
        ),
      },
    })),
  });
  const sizes = lines[0]?.at.groups.map((g, at) => `${groupNames[at] ?? at}: ${formatCount(g.items)}`) ?? [];
  const few =
    sizes.length === 1 ? ['All items are in one group, because one item has most of the train interactions.'] : [];
  const groups = resultTable({
    title: 'Popular and unpopular items',
    about: [
      `Items with a train interaction in two groups of about as many train interactions each (${sizes.join(', ')} items).`,
    ],
    columns: [
      ...[column('run', 'run', 'text'), column('k', 'K', 'count'), column('group', 'items', 'text')],
      ...[column('exposure', 'exposure', 'share', 'Share of all places of the lists.'), interval('exposureInterval')],
      ...[
        column('recall', 'recall', 'metric', 'Recall within the group, over the users with a relevant item in it.'),
        interval('recallInterval'),
      ],
      column('recallAllUsers', 'of all users', 'metric', 'The same where users without such an item count 0.'),
    ],
    rows: lines.flatMap(({ name, at }) =>
      at.groups.map((g, place) => ({
        cells: {
          ...{ run: name, k: at.k, group: groupNames[place] ?? `${place}` },
          ...{ exposure: g.exposure.value, exposureInterval: g.exposure.interval },
          ...{ recall: g.recall.value, recallInterval: g.recall.interval, recallAllUsers: g.recallAllUsers },
        },
      })),
    ),
    notes: few,
  });
  return [lift, groups];
}

export type NamedDifference = PopularityDifference & { readonly name: string };

/** In parts, popularity lift and recall by group of each other run against the base, paired over users. Empty without values of popularity. */
export function* comparingPopularityOfRuns(
  runs: readonly Evaluated[],
  base: Evaluated,
): Generator<number, NamedDifference[]> {
  const { popularity } = base.evaluation;
  if (!popularity) return [];
  const others = runs.flatMap(({ name, evaluation }) =>
    name !== base.name && evaluation.popularity ? [{ name, own: evaluation.popularity }] : [],
  );
  const found = yield* eachInParts(others, function* ({ name, own }) {
    return (yield* comparingPopularity(own, popularity)).map((d) => ({ ...d, name }));
  });
  return found.flat();
}

export const popularityDifferenceTable = (differences: readonly NamedDifference[], base: string): ResultTable =>
  resultTable({
    title: `Popularity: differences to ${base}, paired over users`,
    columns: [
      ...[column('metric', 'metric', 'text'), column('run', 'run', 'text'), column('value', 'value', 'metric')],
      column('difference', 'difference', 'difference'),
      column('interval', '95 % interval', 'interval', 'Bootstrap interval of the difference.'),
    ],
    rows: differences.map((d) => ({
      cells: {
        ...{ metric: d.metric, run: d.name, value: d.value },
        ...{ difference: d.difference.value, interval: d.difference.interval },
      },
    })),
  });

/** The transfer ratio of a student in one metric. */
export interface NamedTransfer extends Partial<Transfer> {
  readonly name: string;
  readonly metric: string;
}

/** In parts. @param metrics keys of values per user. A ratio is absent where the teacher is not better than the student alone */
export function* measuringTransfers(
  students: readonly Evaluated[],
  alone: Evaluated,
  teacher: Evaluated,
  metrics: readonly string[],
): Generator<number, NamedTransfer[]> {
  const of = students.map((s) => ({
    ...{ distilled: s.evaluation, alone: alone.evaluation, teacher: teacher.evaluation },
  }));
  const found = yield* eachInParts(metrics, function* (metric) {
    const ratios = yield* measuringTransfer(of, metric);
    return ratios.map((ratio, at) => ({ name: students[at]!.name, metric, ...ratio }));
  });
  return found.flat();
}

/** @param teacher of whose advantage over `alone` it is the share */
export const transferTable = (transfers: readonly NamedTransfer[], alone: string, teacher: string): ResultTable =>
  resultTable({
    title: `Transfer ratio: (run - ${alone}) / (${teacher} - ${alone})`,
    columns: [
      ...[column('metric', 'metric', 'text'), column('run', 'run', 'text'), column('transfer', 'transfer', 'metric')],
      column('interval', '95 % interval', 'interval', 'Bootstrap interval over users.'),
    ],
    rows: transfers.map((t) => ({
      cells: { metric: shortName(t.metric), run: t.name, transfer: t.ratio, interval: t.interval },
    })),
    notes: transfers.some((t) => t.ratio === undefined)
      ? [`-: ${teacher} is not better than ${alone}, so there is nothing to transfer.`]
      : [],
  });
