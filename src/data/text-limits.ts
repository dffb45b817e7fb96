/** Limits of text: of files that are read whole into memory (names, catalogues of ids), of lines and of columns. */
import { fail } from '../errors.js';
import type { Chunks } from './copies.js';
import { MAX_LINE } from './duckdb.js';

/** Most bytes of a file of names or ids, decompressed. The names of a student are limited to the same size. */
export const MAX_NAMES_BYTES = 2 ** 29;

/** Most columns of a table, or keys of its objects. Interactions have a few; features of users and items may have hundreds. */
export const MAX_COLUMNS = 10_000;

/** @throws RecdistillError `over-limit` for too many columns or keys */
export function refuseWide(shown: string, columns: number): void {
  if (columns <= MAX_COLUMNS) return;
  const problem = `it has more than ${MAX_COLUMNS} columns or keys`;
  fail('over-limit', { path: shown, problem, hint: 'Expected one row for each pair of user and item.' });
}

const [LF, CR] = [0x0a, 0x0d];

/**
 * Passes on a text and counts its bytes. gzip and others pack long runs a thousandfold, so the size of the file says little.
 * @throws RecdistillError `over-limit` for too many bytes
 */
export async function* limitedBytes(chunks: Chunks, most: number, shown: string): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) {
      const problem = `its text has more than ${most} bytes; that is the most for a file of names`;
      fail('over-limit', { path: shown, problem, hint: 'Give a file with one short line per item.' });
    }
    yield chunk;
  }
}

/** Passes on a text. @throws RecdistillError `over-limit` for a line of more than `MAX_LINE` bytes, with its number */
export async function* limitedLines(chunks: Chunks, shown: string): AsyncGenerator<Uint8Array> {
  let [line, length] = [1, 0];
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      if (byte === LF || byte === CR) {
        if (byte === LF) line++;
        length = 0;
      } else if (++length > MAX_LINE) {
        const problem = `line ${line} is longer than ${MAX_LINE / 2 ** 20} MiB`;
        fail('over-limit', { path: shown, problem, hint: 'Check the line ends of the file.' });
      }
    }
    yield chunk;
  }
}
