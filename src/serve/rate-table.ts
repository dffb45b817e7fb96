/**
 * Counts the requests of each address within the current second, in shared memory of fixed size: one limit for all
 * threads, and no growth with the number of addresses. A row holds the hash of an address, its second and its count. If
 * all rows for an address belong to others, it shares the first one. It may then be rejected too early, but never too late.
 */
import { randomBytes } from 'node:crypto';

const ROWS = 16_384;
const FIELDS = 3;
const TRIES = 8;
/** Length of a window in milliseconds. */
export const WINDOW = 1000;

/** Created once per process and shared by all of its threads. */
export interface RateTable {
  readonly rows: SharedArrayBuffer;
  /** Secret hash key, so that clients cannot know which addresses share a row. */
  readonly key: number;
}

export const createRateTable = (): RateTable => ({
  rows: new SharedArrayBuffer(4 * FIELDS * ROWS),
  key: randomBytes(4).readUInt32LE(),
});

/** Counts a request of `address` at time `now` (milliseconds). Returns the number of requests in this window. */
export function countRequest({ rows, key }: RateTable, address: string, now: number): number {
  const table = new Int32Array(rows);
  const window = Math.floor(now / WINDOW) | 0;
  const [place, mark] = hashOf(address, key);
  let row = -1;
  for (let n = 0; n < TRIES && row < 0; n++) {
    const at = FIELDS * ((place + n) % ROWS);
    const held = Atomics.load(table, at);
    if (held === mark) row = at;
    else if (Atomics.load(table, at + 1) !== window && Atomics.compareExchange(table, at, held, mark) === held)
      row = at;
  }
  if (row < 0) row = FIELDS * (place % ROWS);
  const before = Atomics.load(table, row + 1);
  if (before !== window && Atomics.compareExchange(table, row + 1, before, window) === before) {
    Atomics.store(table, row + 2, 0);
  }
  return Atomics.add(table, row + 2, 1) + 1;
}

/** The first row to try, and a hash that is never 0 (FNV-1a over UTF-16 units, twice). */
function hashOf(address: string, key: number): [number, number] {
  let [a, b] = [0x811c9dc5 ^ key, 0x2a1b3c4d ^ (key >>> 7)];
  for (let j = 0; j < address.length; j++) {
    a = Math.imul(a ^ address.charCodeAt(j), 0x01000193);
    b = Math.imul(b ^ address.charCodeAt(j), 0x01000193) + a;
  }
  return [(a ^ (a >>> 15)) >>> 0, b | 1];
}
