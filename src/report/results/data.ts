/** Data sets: statistics, leakage of a split, and the list of named data sets. */
import type { DatasetStatistics, LeakageFinding } from '../../data/index.js';
import { formatCount, formatDay, formatShare } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column, textColumns } from './_columns.js';

type Summary = DatasetStatistics['perUser'];

/** Statistics of a data set, one per line. */
export function statisticsTable(s: DatasetStatistics): ResultTable {
  const summary = ({ min, median, max }: Summary) => [min, median, max];
  const { all, train, valid, test, foldIn } = s.interactions;
  return resultTable({
    columns: [
      column('value', 'measure', 'text'),
      column('nUsers', 'users', 'count'),
      column('nItems', 'items', 'count'),
      column('interactions', 'interactions', 'count'),
      column('parts', 'train / valid / test', 'count'),
      ...(foldIn === undefined ? [] : [column('foldIn', 'histories of held-out users', 'count')]),
      column('density', 'density', 'share', 'Interactions / (users x items).'),
      column('perUser', 'interactions per user: min / median / max', 'count'),
      column('perItem', 'interactions per item: min / median / max', 'count'),
      column('topItemsShare', 'interactions with the top 1 % / 10 % of items', 'share'),
      column('evaluated', 'users evaluated on valid / test', 'count'),
      column('itemsWithoutTrain', 'items without train interactions', 'count'),
      column('usersWithoutTrain', 'users without train interactions', 'count'),
      ...(s.period ? [column('period', 'period', 'text')] : []),
    ],
    rows: [
      {
        cells: {
          ...{ value: 'value', nUsers: s.nUsers, nItems: s.nItems, interactions: all, parts: [train, valid, test] },
          ...(foldIn === undefined ? {} : { foldIn }),
          ...{ density: s.density, perUser: summary(s.perUser), perItem: summary(s.perItem) },
          topItemsShare: [s.topItemsShare.top1, s.topItemsShare.top10],
          evaluated: [s.evaluated.valid, s.evaluated.test],
          ...{ itemsWithoutTrain: s.cold.nItems, usersWithoutTrain: s.cold.nUsers },
          ...(s.period ? { period: `${formatDay(s.period.from)} to ${formatDay(s.period.to)}` } : {}),
        },
      },
    ],
    transposed: true,
  });
}

/** The leakage of a split, in lines. */
export function leakageLines(findings: readonly LeakageFinding[]): string[] {
  const found = findings.filter((f) => f.count > 0);
  if (found.length === 0) return ['No leakage was found in the split.'];
  return [
    'Leakage in the split, counted before duplicates and items without train interactions were removed:',
    ...found.flatMap((f) => [
      `  ${f.where}: ${formatCount(f.count)} of ${formatCount(f.of)} (${formatShare(f.share)})`,
      `    ${f.explanation}`,
    ]),
  ];
}

const places = {
  local: 'in RECDISTILL_DATA',
  cache: 'in the cache',
  download: 'can be downloaded',
  absent: 'not on this machine',
} as const;

/** A named data set and its location. */
export interface CatalogRow {
  readonly name: string;
  readonly title: string;
  readonly where: keyof typeof places;
}

export const catalogTable = (rows: readonly CatalogRow[]): ResultTable =>
  resultTable({
    columns: textColumns(['name', 'where', 'what']),
    rows: [
      ...rows.map((d) => ({ cells: { name: d.name, where: places[d.where], what: d.title } })),
      {
        cells: {
          name: 'synthetic',
          where: 'always available',
          what: 'Synthetic data; synthetic:USERSxITEMSxINTERACTIONS for another size',
        },
      },
    ],
  });
