/** Copies file content to the temporary folder of a load, within its free space. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail } from '../errors.js';
import { writeFailed } from '../formats/index.js';

export type Chunks = AsyncIterable<Uint8Array>;

/** Bytes to keep free: DuckDB spills to the same disk what does not fit into memory. */
const RESERVE = 64 * 2 ** 20;

/** Bytes currently available for copies in `folder`. */
export async function spaceFor(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.max(0, bavail * bsize - RESERVE);
}

/** A new folder within the temporary folder of a load. @throws Error if there is none, which is a bug of the caller */
export async function newCopyFolder(folder: string | undefined): Promise<string> {
  if (folder === undefined)
    throw new Error('openSource needs a temporary folder, because this file is not read in place');
  return mkdtemp(join(folder, 'copy-')).catch((cause) => writeFailed(folder, cause));
}

/** @throws RecdistillError `write-failed` */
export function tooLarge(shown: string, folder: string, bytes: string, space: number): never {
  fail('write-failed', {
    path: folder,
    problem: `${shown} decompresses to ${bytes} bytes, but only ${Math.floor(space / 2 ** 20)} MB are available there`,
  });
}

/**
 * Writes chunks to a file.
 * @param shown the name used in messages
 * @param space maximum number of bytes. Default: the free space
 * @throws RecdistillError `write-failed`; errors of `chunks` are passed on
 */
export async function copyTo(path: string, chunks: Chunks, shown: string, space?: number): Promise<void> {
  const folder = join(path, '..');
  const most = space ?? (await spaceFor(folder));
  let written = 0;
  const counted = new Transform({
    transform(chunk: Uint8Array, _, done) {
      written += chunk.length;
      done(null, chunk);
    },
  });
  async function* bounded(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (written + chunk.length > most) tooLarge(shown, folder, `more than ${most}`, most);
      yield chunk;
    }
  }
  try {
    await pipeline(Readable.from(bounded(), { objectMode: false }), counted, createWriteStream(path, { flags: 'wx' }));
  } catch (cause) {
    const ofTarget = cause instanceof Error && 'syscall' in cause && (cause.syscall === 'write' || isAt(cause, path));
    if (ofTarget) writeFailed(path, cause);
    throw cause;
  }
}

const isAt = (cause: Error, path: string): boolean => 'path' in cause && cause.path === path;
