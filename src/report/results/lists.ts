/** Tables of recommended items and of the checks of `doctor`. */
import type { RankedItem } from '../../student/index.js';
import { shortened } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column } from './_columns.js';

/** @param testItems ids of test items; they are marked with `+` */
export const recommendationTable = (
  list: readonly RankedItem[],
  testItems: ReadonlySet<string> = new Set(),
): ResultTable =>
  resultTable({
    columns: [
      column('rank', '', 'count'),
      ...[column('item', 'item', 'text'), column('name', 'name', 'text'), column('score', 'score', 'score')],
    ],
    rows: list.map((r) => ({
      cells: { rank: r.rank, item: shortened(r.itemId, 40), name: shortened(r.label ?? '', 80), score: r.score },
      ...(testItems.has(r.itemId) ? { marks: { rank: '+' } } : {}),
    })),
  });

/** The name of an item, or its id. */
export const itemTitle = (itemId: string, label: string | undefined): string =>
  label ? shortened(label, 90) : shortened(itemId, 40);

/** A property of the machine, and whether it meets the requirement. */
export interface CheckRow {
  readonly name: string;
  readonly value: string;
  readonly ok: boolean;
}

export const checksTable = (checks: readonly CheckRow[]): ResultTable =>
  resultTable({
    columns: [column('ok', '', 'text'), column('name', 'what', 'text'), column('value', 'found', 'text')],
    rows: checks.map((c) => ({ cells: { ok: c.ok ? 'ok' : 'NO', name: c.name, value: c.value } })),
  });
