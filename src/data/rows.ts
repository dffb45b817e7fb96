/** Interactions in memory, such as the rows of a query. */
import { fail } from '../errors.js';
import { canonicalOrder, refuseCount } from './ids.js';
import type { Pairs, SourceOf } from './pairs.js';

/** One interaction. Optional fields must be present in all rows or in none. */
export interface Row {
  readonly user: string | number;
  readonly item: string | number;
  /** Unix time in seconds, or a date. */
  readonly time?: number | Date;
  readonly rating?: number;
  /** Weight, > 0. The weights of repeated pairs are summed. */
  readonly weight?: number;
}

const numbers = ['time', 'rating', 'weight'] as const;
const HINT =
  'A row is { user, item } with text or numbers, and optionally time, rating and weight, if all rows have them.';

/** Converts rows to pairs of indices, with ids in canonical order. @throws RecdistillError `bad-data` for the first invalid row */
export function numberRows(rows: Iterable<Row>): SourceOf<Pairs> {
  const [users, items] = [createIds(), createIds()];
  const values: Record<(typeof numbers)[number], number[]> = { time: [], rating: [], weight: [] };
  let first: Row | undefined;
  let n = 0;
  for (const row of rows) {
    first ??= row;
    users.add(row?.user, 'user', n);
    items.add(row?.item, 'item', n);
    for (const field of numbers) {
      const value = row[field];
      if ((value === undefined) !== (first[field] === undefined))
        refuse(n, `has ${value === undefined ? 'no' : 'a'} ${field}, unlike row 1`);
      if (value !== undefined) values[field].push(numberOf(value, field, n));
    }
    n += 1;
  }
  const has = (field: keyof typeof values) => n > 0 && values[field].length === n;
  const pairs: Pairs = {
    ...{ users: users.numbers(), items: items.numbers() },
    ...(has('time') ? { times: Float64Array.from(values.time) } : {}),
    ...(has('rating') ? { ratings: Float64Array.from(values.rating) } : {}),
    ...(has('weight') ? { weights: Float64Array.from(values.weight) } : {}),
  };
  return { users: users.sorted(), items: items.sorted(), parts: [pairs] };
}

/** Collects ids by first occurrence, then sorts them in canonical order. */
function createIds() {
  const positions = new Map<string, number>();
  const rows: number[] = [];
  const order = () => canonicalOrder([...positions.keys()]);
  return {
    add(id: unknown, what: 'user' | 'item', row: number): void {
      if (typeof id !== 'string' && !Number.isFinite(id)) refuse(row, `has the ${what} ${JSON.stringify(id)}`);
      const text = String(id);
      if (text === '') refuse(row, `has an empty ${what}`);
      const known = positions.get(text) ?? positions.size;
      if (known === positions.size) refuseCount('the rows', `${what}s`, known + 1);
      positions.set(text, known);
      rows.push(known);
    },
    sorted: (): string[] => {
      const ids = [...positions.keys()];
      return Array.from(order(), (k) => ids[k]!);
    },
    numbers(): Int32Array {
      const place = new Int32Array(positions.size);
      order().forEach((from, to) => {
        place[from] = to;
      });
      return Int32Array.from(rows, (k) => place[k]!);
    },
  };
}

function numberOf(value: number | Date, field: string, row: number): number {
  const number = value instanceof Date ? value.getTime() / 1000 : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || (field === 'weight' && number <= 0))
    refuse(row, `has the ${field} ${JSON.stringify(value)}`);
  return number;
}

const refuse = (row: number, problem: string): never =>
  fail('bad-data', { path: 'rows', problem: `row ${row + 1} ${problem}`, hint: HINT });
