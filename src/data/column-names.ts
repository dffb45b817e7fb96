/** Assigns columns to roles: by the given names, by well-known names, or by position. */

import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { nearest } from '../nearest.js';
import type { Column, Table } from './readers/_reader.js';

export type Role = 'user' | 'item' | 'time' | 'rating' | 'weight';

/** Column names or positions (from 1) given as options. `none` ignores a column; it is not allowed for user and item. */
export type ColumnOptions = { readonly [role in Role]?: string | undefined };

export interface ColumnMap {
  readonly user: Column;
  readonly item: Column;
  readonly time?: Column;
  readonly rating?: Column;
  readonly weight?: Column;
}

/** Well-known names of each role, in lower case, without spaces, dashes and underscores. */
export const KNOWN_NAMES: { readonly [role in Role]: readonly string[] } = {
  user: [
    'user',
    'userid',
    'uid',
    'usr',
    'customer',
    'customerid',
    'visitor',
    'visitorid',
    'member',
    'memberid',
    'reviewerid',
    'account',
    'accountid',
  ],
  item: [
    'item',
    'itemid',
    'iid',
    'product',
    'productid',
    'movie',
    'movieid',
    'book',
    'bookid',
    'article',
    'articleid',
    'track',
    'trackid',
    'song',
    'songid',
    'artist',
    'artistid',
    'asin',
    'parentasin',
    'sku',
    'isbn',
    'poi',
    'poiid',
    'venue',
    'venueid',
    'business',
    'businessid',
  ],
  time: ['time', 'timestamp', 'ts', 'date', 'datetime', 'unixtime', 'unixreviewtime', 'createdat', 'eventtime'],
  rating: ['rating', 'ratings', 'score', 'stars', 'overall', 'value'],
  // A weight column must be named explicitly: a count is not always a weight.
  weight: [],
};

// RecBole appends types to names, as in "user_id:token".
export const simplify = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/:.*$/, '')
    .replace(/[\s_-]/g, '');

/** True if `name` is a well-known name of a user, item, time or rating column. */
export const isKnownName = (name: string): boolean =>
  Object.values(KNOWN_NAMES).some((names) => names.includes(simplify(name)));

export const isUserName = (name: string): boolean => KNOWN_NAMES.user.includes(simplify(name));
export const isItemName = (name: string): boolean => KNOWN_NAMES.item.includes(simplify(name));

/**
 * Distinguishes the time from the rating in a file without a header: Unix seconds from 1973 on, the start of an ISO 8601
 * date, or a date of eight digits.
 */
const looksLikeTime = (field: string | undefined): boolean =>
  field !== undefined && (Number(field) >= 1e8 || /^(\d{4}-\d{2}-\d{2}|(19|20)\d{2}[01]\d[0-3]\d$)/.test(field));

/**
 * Finds the columns of a table.
 * @param rated whether a rating is needed
 * @throws RecdistillError `bad-data` if a given column is missing, or a required column cannot be identified
 */
export function mapColumns(path: string, table: Table, given: ColumnOptions, rated = true): ColumnMap {
  const { columns } = table;
  const found = (role: Role): Column | undefined => {
    const name = given[role];
    if (name === 'none' && role !== 'user' && role !== 'item') return undefined;
    if (name !== undefined) return named(path, columns, name);
    if (table.named) {
      const known = columns.filter((c) => KNOWN_NAMES[role].includes(simplify(c.name)));
      if (known.length > 1 && (role !== 'rating' || rated)) severalNamed(path, role, known);
      return known[0];
    }
    const [folder] = columns.filter((c) => c.ofFolder && KNOWN_NAMES[role].includes(simplify(c.name)));
    const placed = byPosition(path, table, role, given);
    if (folder && placed && (role === 'user' || role === 'item')) severalNamed(path, role, [folder, placed]);
    return placed ?? folder;
  };
  const user = found('user');
  const item = found('item');
  if (!user || !item) {
    const missing = user ? 'item' : 'user';
    const names = columns.map((c) => c.name).join(', ');
    fail('bad-data', {
      path,
      problem: `cannot identify the ${missing} column; columns found: ${names}`,
      hint: `Name it with --${missing}.${table.named && table.sample ? ' If the first row is data, not a header, add --header no.' : ''}`,
    });
  }
  if (user === item) {
    const hint = 'Choose two different columns with --user and --item.';
    fail('bad-data', { path, problem: `the column ${user.name} cannot be both user and item`, hint });
  }
  const time = found('time');
  const rating = found('rating');
  const weight = found('weight');
  return {
    ...{ user, item },
    ...defined({ time, rating, weight }),
  };
}

function severalNamed(path: string, role: Role, known: readonly Column[]): never {
  const names = known.map((c) => c.name);
  const hint = `Name the right one, for example --${role} ${names[0]}.${role === 'time' ? ' --time none ignores them.' : ''}`;
  fail('bad-data', { path, problem: `several columns could be the ${role}: ${names.join(', ')}`, hint });
}

/** The column with a given name or position. @throws RecdistillError `bad-data` */
export function named(path: string, columns: readonly Column[], name: string): Column {
  const same = columns.filter((c) => c.name === name);
  if (same.length > 1) {
    const places = columns.flatMap((c, k) => (c.name === name ? [k + 1] : []));
    const hint = `Give the position of the right one: ${places.join(' or ')}.`;
    fail('bad-data', { path, problem: `there are ${same.length} columns named "${name}"`, hint });
  }
  const column =
    same[0] ??
    columns.find((c) => c.name.trim().toLowerCase() === name.trim().toLowerCase()) ??
    (/^[1-9]\d*$/.test(name) ? columns[Number(name) - 1] : undefined);
  if (column) return column;
  const names = columns.map((c) => c.name);
  const near = nearest(name, names);
  const hint = near ? `Did you mean "${near}"?` : 'Give one of these names, or a position from 1.';
  fail('bad-data', { path, problem: `there is no column "${name}"; columns found: ${names.join(', ')}`, hint });
}

/**
 * Columns by position: user, item, then rating and time in either order.
 * @throws RecdistillError `bad-data` if the second column looks like a time
 */
function byPosition(path: string, table: Table, role: Role, given: ColumnOptions): Column | undefined {
  const columns = table.columns.filter((c) => !c.ofFolder);
  if (role === 'user') return columns[0];
  if (role === 'item') {
    // The user is encoded in a folder name, so the first column of the file is the item.
    if (table.columns.some((c) => c.ofFolder && c.name === given.user)) return columns[0];
    const second = table.sample?.[1];
    const later = [2, 3].some((k) => looksLikeTime(table.sample?.[k]));
    if (columns.length > 2 && !later && second !== undefined && looksLikeMoment(second)) {
      const problem = `the second column would be the item, but it looks like a time: ${JSON.stringify(second)} in the first row`;
      fail('bad-data', {
        path,
        problem,
        hint: `Name the columns, for example --item 3${given.time === 'none' ? '' : ' --time 2'}. If the second column is the item, add --item 2.`,
      });
    }
    return columns[1];
  }
  if (role === 'weight') return undefined;
  const times = [2, 3].filter((k) => looksLikeTime(table.sample?.[k]));
  if (role === 'time') return times.length > 0 ? columns[times.at(-1)!] : undefined;
  const rest = [2, 3].filter((k) => !times.includes(k));
  return rest.length > 0 ? columns[rest[0]!] : undefined;
}

/** A date, or Unix seconds or milliseconds between 2001 and 2039. */
const looksLikeMoment = (field: string): boolean =>
  /^\d{4}[-/]\d{2}[-/]\d{2}|^\d{1,2}\.\d{1,2}\.\d{4}|^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(field) ||
  (/^\d{10}(\d{3})?(\.\d+)?$/.test(field) && Number(field.slice(0, 10)) >= 1e9 && Number(field.slice(0, 10)) < 2.2e9);
