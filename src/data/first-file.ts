/**
 * Files that are read together must have the same columns. The first file defines them. A later file without a header
 * has them in the same order.
 */
import { fail } from '../errors.js';
import { type ColumnMap, type ColumnOptions, simplify } from './column-names.js';
import type { Column, Table } from './readers/_reader.js';

/** How the first file of a source was read. */
export interface FirstFile {
  readonly shown: string;
  readonly table: Table;
  readonly columns: ColumnMap;
}

const ownOf = ({ columns }: Table): readonly Column[] => columns.filter((column) => !column.ofFolder);

/**
 * The table of a later file. Without a header it gets the column names of the first file.
 * @throws RecdistillError `bad-data` if only one of the two has a header and the numbers of columns differ
 */
export function namedAsFirst(first: FirstFile, shown: string, table: Table): Table {
  if (first.table.named === table.named) return table;
  const [before, own] = [ownOf(first.table), ownOf(table)];
  const hint = 'Set --header yes or --header no for all files, or write a header into each.';
  if (table.named || before.length !== own.length) {
    const problem = table.named
      ? `has a header, but ${first.shown} has none`
      : `has no header and ${own.length} columns, but ${first.shown} has ${before.length}`;
    fail('bad-data', { path: shown, problem, hint });
  }
  const names = new Map(own.map((column, k) => [column, before[k]!.name]));
  return { ...table, named: true, columns: table.columns.map((c) => ({ ...c, name: names.get(c) ?? c.name })) };
}

/**
 * Rejects files that do not belong together.
 * @param ofPart whether both are of the same part
 * @throws RecdistillError `bad-data`
 */
export function expectLikeFirst(
  first: FirstFile,
  { shown, table, columns }: FirstFile,
  given: ColumnOptions,
  ofPart: boolean,
): void {
  // A position must mean the same column in every file.
  for (const [role, name] of Object.entries(given)) {
    const [before, own] = [Reflect.get(first.columns, role), Reflect.get(columns, role)] as (Column | undefined)[];
    if (!/^\d+$/.test(name ?? '') || !before || !own || before.name === own.name) continue;
    const problem = `column ${name} is ${own.name}, but in ${first.shown} it is ${before.name}`;
    fail('bad-data', { path: shown, problem, hint: `Give the column by name: --${role} ${before.name}.` });
  }
  if (!ofPart) return;
  const roles = (map: ColumnMap) => Object.keys(map).sort().join(', ');
  if (roles(first.columns) !== roles(columns)) {
    const problem = `has columns for ${roles(columns)}, but ${first.shown} has columns for ${roles(first.columns)}`;
    const hint =
      'Files that are read together need the same columns. Name them, or ignore one: --time none, --rating none.';
    fail('bad-data', { path: shown, problem, hint });
  }
  const chosen = given.user !== undefined && given.item !== undefined;
  // JSON objects may have different keys.
  if (chosen || table.sample === undefined || first.table.sample === undefined) return;
  const [before, own] = [first.table, table].map((t) => ownOf(t).map((c) => c.name));
  const has = (names: readonly string[] | undefined, name: string) =>
    names!.some((n) => simplify(n) === simplify(name));
  const lacking = before!.filter((name) => !has(own, name));
  const more = own!.filter((name) => !has(before, name));
  // An export may gain or lose columns over time. Differences in both directions mean unrelated files.
  if (lacking.length === 0 || more.length === 0) return;
  const differ = `has the additional columns ${more.join(', ')} and lacks ${lacking.join(', ')}`;
  const hint = 'If the files belong together, name the columns with --user and --item.';
  fail('bad-data', { path: shown, problem: `${differ}, compared with ${first.shown}`, hint });
}

/** Columns of a file of rankings, as the command `rankings` writes them. */
const OF_RANKINGS = ['user', 'item', 'rank', 'teacher', 'checkpoint'];

/** @throws RecdistillError `bad-data` for a file of rankings: recommendations are not interactions */
export function refuseRankings(shown: string, table: Table): void {
  const names = ownOf(table).map((c) => simplify(c.name));
  if (!table.named || !names.includes('rank') || !names.every((name) => OF_RANKINGS.includes(name))) return;
  const hint = 'Move it out of the data folder. To use it as a teacher, run `import`.';
  fail('bad-data', { path: shown, problem: 'is a file of rankings (it has a column rank), not of interactions', hint });
}
