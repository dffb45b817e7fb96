/** Files that are read together have the same columns. The first one says which; a later one without a header has them in the same order. */
import { fail } from '../errors.js';
import { type ColumnMap, type ColumnWishes, simplify } from './column-names.js';
import type { Column, Table } from './readers/_reader.js';

/** How the first file of a source was read. */
export interface FirstFile {
  readonly shown: string;
  readonly table: Table;
  readonly columns: ColumnMap;
}

const ownOf = ({ columns }: Table): readonly Column[] => columns.filter((column) => !column.ofFolder);

/**
 * The table of a later file, with the names of the first one where it has no header of its own.
 * @throws RecdistillError `bad-data` if only one of the two has a header, and the number of columns does not tell
 */
export function namedAsFirst(first: FirstFile, shown: string, table: Table): Table {
  if (first.table.named === table.named) return table;
  const [before, own] = [ownOf(first.table), ownOf(table)];
  const hint = 'Say it for all files with --header yes or --header no, or name the columns with a header in each.';
  if (table.named || before.length !== own.length) {
    const problem = table.named
      ? `has a header, and ${first.shown} has none`
      : `has no header and ${own.length} columns, and ${first.shown} has ${before.length}`;
    fail('bad-data', { path: shown, problem, hint });
  }
  const names = new Map(own.map((column, k) => [column, before[k]!.name]));
  return { ...table, named: true, columns: table.columns.map((c) => ({ ...c, name: names.get(c) ?? c.name })) };
}

/**
 * Refuses files that do not belong together.
 * @param ofPart whether both are of the same part
 * @throws RecdistillError `bad-data`
 */
export function expectLikeFirst(
  first: FirstFile,
  { shown, table, columns }: FirstFile,
  wishes: ColumnWishes,
  ofPart: boolean,
): void {
  // What a position stands for has to be the same everywhere.
  for (const [role, wish] of Object.entries(wishes)) {
    const [before, own] = [Reflect.get(first.columns, role), Reflect.get(columns, role)] as (Column | undefined)[];
    if (!/^\d+$/.test(wish ?? '') || !before || !own || before.name === own.name) continue;
    const problem = `column ${wish} is ${own.name}, and in ${first.shown} it is ${before.name}`;
    fail('bad-data', { path: shown, problem, hint: `Name the column instead, as in --${role} ${before.name}.` });
  }
  if (!ofPart) return;
  const roles = (map: ColumnMap) => Object.keys(map).sort().join(', ');
  if (roles(first.columns) !== roles(columns)) {
    const problem = `has columns for ${roles(columns)}, and ${first.shown} for ${roles(first.columns)}`;
    const hint =
      'Files that are read together need the same columns. Name them, or ignore one: --time none, --rating none.';
    fail('bad-data', { path: shown, problem, hint });
  }
  const chosen = wishes.user !== undefined && wishes.item !== undefined;
  // Objects have the keys that they need.
  if (chosen || table.sample === undefined || first.table.sample === undefined) return;
  const [before, own] = [first.table, table].map((t) => ownOf(t).map((c) => c.name));
  const has = (names: readonly string[] | undefined, name: string) =>
    names!.some((n) => simplify(n) === simplify(name));
  const lacking = before!.filter((name) => !has(own, name));
  const more = own!.filter((name) => !has(before, name));
  // Exports gain and lose columns; files of different things have both.
  if (lacking.length === 0 || more.length === 0) return;
  const differ = `has the columns ${more.join(', ')} and lacks ${lacking.join(', ')}`;
  const hint = 'If they belong together all the same, name the columns with --user and --item.';
  fail('bad-data', { path: shown, problem: `${differ}, unlike ${first.shown}`, hint });
}

/** Columns of a file of rankings, as `rankings` writes them. */
const OF_RANKINGS = ['user', 'item', 'rank', 'teacher', 'checkpoint'];

/** @throws RecdistillError `bad-data` for a file of rankings: what a model recommends is no interaction */
export function refuseRankings(shown: string, table: Table): void {
  const names = ownOf(table).map((c) => simplify(c.name));
  if (!table.named || !names.includes('rank') || !names.every((name) => OF_RANKINGS.includes(name))) return;
  const hint = 'Move it out of the folder of the data. `import` makes a teacher of rankings.';
  fail('bad-data', { path: shown, problem: 'is a file of rankings (it has a column rank), and no interactions', hint });
}
