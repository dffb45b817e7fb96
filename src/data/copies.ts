/** Copies of content in the temporary folder of a load, within the space that is left there. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail } from '../errors.js';

export type Chunks = AsyncIterable<Uint8Array>;

/** Space that stays free: DuckDB moves there what does not fit into memory. */
const RESERVE = 64 * 2 ** 20;

/** Bytes that copies in `folder` may take now. */
export async function spaceFor(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.max(0, bavail * bsize - RESERVE);
}

/** A new folder within the temporary folder of a load. @throws Error if there is none, which is a fault of the program */
export async function roomIn(folder: string | undefined): Promise<string> {
  if (folder === undefined)
    throw new Error('openSource needs a folder for the copy of a file that is not read in place');
  return mkdtemp(join(folder, 'copy-'));
}

/** @throws RecdistillError `write-failed` */
export function tooLarge(shown: string, folder: string, bytes: string, space: number): never {
  fail('write-failed', {
    path: folder,
    problem: `${shown} unpacks to ${bytes} bytes, and ${Math.floor(space / 2 ** 20)} MB may be used there`,
  });
}

/**
 * Writes chunks to a file.
 * @param shown what messages name
 * @param space most bytes. Default: what is free
 * @throws RecdistillError `write-failed`; errors of the chunks go on as they are
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
    if (cause instanceof Error && 'syscall' in cause && 'code' in cause && cause.syscall === 'write') {
      fail('write-failed', { path, problem: cause.message }, cause);
    }
    throw cause;
  }
}
