/** Which column is which: by what the user said, by well-known names, or by position. */

import { fail } from '../errors.js';
import { nearest } from '../nearest.js';
import type { Column, Table } from './readers/_reader.js';

export type Role = 'user' | 'item' | 'time' | 'rating' | 'weight';

/** Names, or positions from 1, that the user gave; `none` for a column other than user and item that shall not be read. */
export type ColumnWishes = { readonly [role in Role]?: string | undefined };

export interface ColumnMap {
  readonly user: Column;
  readonly item: Column;
  readonly time?: Column;
  readonly rating?: Column;
  readonly weight?: Column;
}

/** In lower case, without spaces, dashes and underscores. */
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
  // Whether counts are strengths is for the user to say.
  weight: [],
};

// RecBole writes types behind names, as in "user_id:token".
export const simplify = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/:.*$/, '')
    .replace(/[\s_-]/g, '');

/** True if `name` is a name that sources commonly give to a user, item, time or rating column. */
export const isKnownName = (name: string): boolean =>
  Object.values(KNOWN_NAMES).some((names) => names.includes(simplify(name)));

export const isUserName = (name: string): boolean => KNOWN_NAMES.user.includes(simplify(name));
export const isItemName = (name: string): boolean => KNOWN_NAMES.item.includes(simplify(name));

/** Seconds of 1973 and later, the start of an ISO 8601 date, or a date of eight digits: how the time is told from the rating without a header. */
const looksLikeTime = (field: string | undefined): boolean =>
  field !== undefined && (Number(field) >= 1e8 || /^(\d{4}-\d{2}-\d{2}|(19|20)\d{2}[01]\d[0-3]\d$)/.test(field));

/**
 * Finds the columns of a table.
 * @param rated whether a rating is needed
 * @throws RecdistillError `bad-data` if a named column is missing, or a column that is needed cannot be told
 */
export function mapColumns(path: string, table: Table, wishes: ColumnWishes, rated = true): ColumnMap {
  const { columns } = table;
  const found = (role: Role): Column | undefined => {
    const wish = wishes[role];
    if (wish === 'none' && role !== 'user' && role !== 'item') return undefined;
    if (wish !== undefined) return named(path, columns, wish);
    if (table.named) {
      const known = columns.filter((c) => KNOWN_NAMES[role].includes(simplify(c.name)));
      if (known.length > 1 && (role !== 'rating' || rated)) severalNamed(path, role, known);
      return known[0];
    }
    const [folder] = columns.filter((c) => c.ofFolder && KNOWN_NAMES[role].includes(simplify(c.name)));
    const placed = byPosition(path, table, role, wishes);
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
      problem: `cannot tell which column is the ${missing}; columns found: ${names}`,
      hint: `Name it with --${missing}.${table.named && table.sample ? ' If the first row is data and not a header, add --header no.' : ''}`,
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
    ...(time ? { time } : {}),
    ...(rating ? { rating } : {}),
    ...(weight ? { weight } : {}),
  };
}

function severalNamed(path: string, role: Role, known: readonly Column[]): never {
  const names = known.map((c) => c.name);
  const hint = `Name the one that is meant, such as --${role} ${names[0]}.${role === 'time' ? ' --time none ignores them.' : ''}`;
  fail('bad-data', { path, problem: `several columns can be the ${role}: ${names.join(', ')}`, hint });
}

/** The column that the user named. @throws RecdistillError `bad-data` */
export function named(path: string, columns: readonly Column[], wish: string): Column {
  const same = columns.filter((c) => c.name === wish);
  if (same.length > 1) {
    const places = columns.flatMap((c, k) => (c.name === wish ? [k + 1] : []));
    const hint = `Give the position of the one that is meant: ${places.join(' or ')}.`;
    fail('bad-data', { path, problem: `there are ${same.length} columns "${wish}"`, hint });
  }
  const column =
    same[0] ??
    columns.find((c) => c.name.trim().toLowerCase() === wish.trim().toLowerCase()) ??
    (/^[1-9]\d*$/.test(wish) ? columns[Number(wish) - 1] : undefined);
  if (column) return column;
  const names = columns.map((c) => c.name);
  const near = nearest(wish, names);
  const hint = near ? `Did you mean "${near}"?` : 'Give one of these names, or a position from 1.';
  fail('bad-data', { path, problem: `there is no column "${wish}"; columns found: ${names.join(', ')}`, hint });
}

/** user, item, then a rating and a time in either order. @throws RecdistillError `bad-data` if the second column looks like times */
function byPosition(path: string, table: Table, role: Role, wishes: ColumnWishes): Column | undefined {
  const columns = table.columns.filter((c) => !c.ofFolder);
  if (role === 'user') return columns[0];
  if (role === 'item') {
    // The user is a folder of the path, so that the file begins with the item.
    if (table.columns.some((c) => c.ofFolder && c.name === wishes.user)) return columns[0];
    const second = table.sample?.[1];
    const later = [2, 3].some((k) => looksLikeTime(table.sample?.[k]));
    if (columns.length > 2 && !later && second !== undefined && looksLikeMoment(second)) {
      const problem = `the second column, ${JSON.stringify(second)} in the first row, looks like a time and would be the item`;
      fail('bad-data', {
        path,
        problem,
        hint: 'Say which column is which, such as --item 3 --time 2; --item 2 if it is the item.',
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

/** A date, or seconds or milliseconds between 2001 and 2039. */
const looksLikeMoment = (field: string): boolean =>
  /^\d{4}[-/]\d{2}[-/]\d{2}|^\d{1,2}\.\d{1,2}\.\d{4}|^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(field) ||
  (/^\d{10}(\d{3})?(\.\d+)?$/.test(field) && Number(field.slice(0, 10)) >= 1e9 && Number(field.slice(0, 10)) < 2.2e9);
