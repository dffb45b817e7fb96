/**
 * Lists of whole numbers as variable-length bytes: 7 bits a byte, the lowest first, the highest bit set in all bytes but the last of a
 * number (LEB128). Histories store the gaps between ascending items, ids the differences from the id before.
 */
import { damaged } from './student-error.js';

/** Rows of ascending item indices (CSR). */
export interface IndexRows {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
}

/** Numbers below 2^53 have at most this many bytes. */
const MOST_BYTES = 8;

/** For each row its length, its first item, and for each further item the gap to the one before, less 1. */
export function encodeRowsOfItems({ indptr, indices }: IndexRows): Uint8Array {
  const out = createWriter();
  for (let row = 0; row + 1 < indptr.length; row++) {
    const [begin, end] = [indptr[row]!, indptr[row + 1]!];
    out.write(end - begin);
    for (let k = begin, last = -1; k < end; k++) {
      out.write(indices[k]! - last - 1);
      last = indices[k]!;
    }
  }
  return out.bytes();
}

/** @throws StudentError `bundle-damaged` if they are not exactly `rows` rows of items below `nItems` */
export function decodeRowsOfItems(bytes: Uint8Array, rows: number, nItems: number, what: string): IndexRows {
  const read = createReader(bytes, what);
  const indptr = new Int32Array(rows + 1);
  // An entry has at least one byte.
  const indices = new Int32Array(Math.max(0, bytes.length - rows));
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const length = read.next();
    if (length > indices.length - at) damaged(`row ${row} of ${what} has ${length} entries, more than its bytes`);
    for (let last = -1, end = at + length; at < end; at++) {
      last += read.next() + 1;
      if (last >= nItems) damaged(`row ${row} of ${what} has item ${last} of ${nItems}`);
      indices[at] = last;
    }
    indptr[row + 1] = at;
  }
  read.end();
  return { indptr, indices: indices.slice(0, at) };
}

/** The ids as differences, if all are whole numbers below 2^53 without leading zeros. Undefined otherwise. */
export function encodeIds(ids: readonly string[]): Uint8Array | undefined {
  if (!ids.every((id) => /^(0|[1-9]\d{0,15})$/.test(id) && Number.isSafeInteger(Number(id)))) return undefined;
  const out = createWriter();
  let last = 0;
  for (const id of ids) {
    const step = Number(id) - last;
    // 0, -1, 1, -2, ... are 0, 1, 2, 3, ...
    if (Math.abs(step) >= 2 ** 52) return undefined;
    out.write(step < 0 ? -2 * step - 1 : 2 * step);
    last = Number(id);
  }
  return out.bytes();
}

/** @throws StudentError `bundle-damaged` if they are not exactly `count` ids */
export function decodeIds(bytes: Uint8Array, count: number, what: string): string[] {
  if (bytes.length < count) damaged(`${what} has ${bytes.length} bytes for ${count} ids`);
  const read = createReader(bytes, what);
  const ids: string[] = [];
  for (let last = 0, n = 0; n < count; n++) {
    const code = read.next();
    last += code % 2 === 1 ? -(code + 1) / 2 : code / 2;
    if (!Number.isSafeInteger(last) || last < 0) damaged(`${what} has the id ${last} at position ${n}`);
    ids.push(String(last));
  }
  read.end();
  return ids;
}

/** Any whole numbers below 2^53. */
export function encodeCounts(numbers: ArrayLike<number>): Uint8Array {
  const out = createWriter();
  for (let n = 0; n < numbers.length; n++) out.write(numbers[n]!);
  return out.bytes();
}

/** @throws StudentError `bundle-damaged` if a number is not below 2^31 */
export function decodeCounts(bytes: Uint8Array, what: string): Int32Array {
  const read = createReader(bytes, what);
  const numbers = new Int32Array(bytes.length);
  let count = 0;
  while (!read.done()) {
    const value = read.next();
    if (value >= 2 ** 31) damaged(`${what} has the number ${value}`);
    numbers[count++] = value;
  }
  return numbers.slice(0, count);
}

function createWriter() {
  let bytes = new Uint8Array(1024);
  let length = 0;
  return {
    write(value: number): void {
      if (length + MOST_BYTES > bytes.length) {
        const more = new Uint8Array(2 * bytes.length);
        more.set(bytes);
        bytes = more;
      }
      let rest = value;
      // Not by shifts, which have 32 bits.
      for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[length++] = 128 + (rest % 128);
      bytes[length++] = rest;
    },
    bytes: () => bytes.slice(0, length),
  };
}

function createReader(bytes: Uint8Array, what: string) {
  let at = 0;
  return {
    next(): number {
      let [value, unit] = [0, 1];
      for (let n = 0; n < MOST_BYTES; n++, unit *= 128) {
        const byte = bytes[at++];
        if (byte === undefined) return damaged(`${what} ends within a number`);
        value += (byte % 128) * unit;
        if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : damaged(`${what} has a number above 2^53`);
      }
      return damaged(`${what} has a number of more than ${MOST_BYTES} bytes`);
    },
    done: () => at >= bytes.length,
    end(): void {
      if (at < bytes.length) damaged(`${what} has ${bytes.length - at} bytes too many`);
    },
  };
}
