/** Detects the compression of a file by its first bytes, and decompresses it. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fail, RecdistillError } from '../errors.js';
import type { Chunks } from './copies.js';

export type Compression = 'uncompressed' | 'gzip' | 'zstd' | 'bzip2' | 'zip';

/** Number of bytes that identify a file. */
const HEAD = 4096;

/** The compression, by the first bytes of a file. */
export function compressionOf(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (isZstd(head)) return 'zstd';
  const start = head.toString('latin1', 0, 10);
  if (/^BZh[1-9]/.test(start) && BZIP2_BLOCKS.includes(start.slice(4))) return 'bzip2';
  return ZIP.some((magic) => start.startsWith(magic)) ? 'zip' : 'uncompressed';
}

/** The bytes after the bzip2 header: a first block, or the end mark. */
const BZIP2_BLOCKS = ['1AY&SY', '\x17rE8P\x90'];
/** A member of a zip archive, or the end record of an empty one. */
const ZIP = ['PK\x03\x04', 'PK\x05\x06'];

const isZstd = (head: Buffer): boolean => {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === ZSTD_FRAME || isSkippable(magic);
};

/** The decompressed content of a file. @throws RecdistillError `bad-data` when it turns out truncated or damaged */
export function contentOf(path: string, packing: Exclude<Compression, 'zip'>, shown: string): Chunks {
  if (packing === 'zstd') return refusing(unzstd(path, shown), shown, 'Zstandard');
  if (packing === 'bzip2') return refusing(unbzipped(path), shown, 'bzip2');
  const bytes = createReadStream(path);
  return packing === 'gzip' ? refusing(gunzipped(bytes), shown, 'gzip') : bytes;
}

// `pipeline` forwards errors of the file to the decompressed stream.
const gunzipped = (bytes: Readable): Chunks => pipeline(bytes, createGunzip(), () => undefined);

/**
 * Whether a gzip file has padding after its last member: zero bytes, as tapes and block devices add them. gunzip ignores
 * them, DuckDB does not.
 */
export async function isPadded(path: string): Promise<boolean> {
  const { size } = await stat(path);
  if ((await lastByte(path, size)) !== 0) return false;
  // A member of less than 16 MB also ends with a zero byte. Only decompression shows where it ends.
  const member = createGunzip();
  for await (const _ of pipeline(createReadStream(path), member, () => undefined));
  return member.bytesWritten < size;
}

async function lastByte(path: string, size: number): Promise<number | undefined> {
  const file = await open(path);
  try {
    return (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
  } finally {
    await file.close();
  }
}

/** The library has an old-style stream: data is pushed, and end and errors are events. */
async function* unbzipped(path: string): AsyncGenerator<Uint8Array> {
  const { default: unbzip2 } = await import('unbzip2-stream');
  const old = unbzip2();
  const bytes = createReadStream(path);
  const out = new PassThrough();
  old.on('error', (cause: Error) => out.destroy(cause));
  bytes.on('error', (cause) => out.destroy(cause));
  out.on('close', () => bytes.destroy());
  bytes.pipe(old).pipe(out);
  yield* out;
}

/** Node does not report a truncated last frame, so the frames are checked first. */
async function* unzstd(path: string, shown: string): AsyncGenerator<Uint8Array> {
  await checkZstd(path, shown);
  let ready: Uint8Array[] = [];
  const { Decompress } = await import('fzstd');
  const decoder = new Decompress((chunk) => ready.push(chunk));
  for await (const chunk of createReadStream(path)) {
    decoder.push(chunk);
    yield* ready;
    ready = [];
  }
}

async function* refusing(chunks: Chunks, shown: string, format: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    if (cause instanceof RecdistillError) throw cause;
    // Libraries that meet what they did not expect throw errors of the language, which say nothing about the file.
    const says = cause instanceof Error && !(cause instanceof TypeError || cause instanceof RangeError);
    damaged(shown, format, says ? cause.message : 'its blocks are damaged', cause);
  }
}

/** @throws RecdistillError `bad-data` */
export const damaged = (path: string, format: string, problem: string, cause?: unknown): never =>
  fail(
    'bad-data',
    { path, problem: `is not a complete ${format} file: ${problem}`, hint: 'Download or compress it again.' },
    cause,
  );

/** The first bytes of a file, not decompressed. */
export async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first bytes of some content. */
export async function headOf(chunks: Chunks): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= HEAD) break;
  }
  return Buffer.concat(parts).subarray(0, HEAD);
}

const ZSTD_FRAME = 0xfd2fb528;
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;

/**
 * Checks the frames and blocks of a Zstandard file (RFC 8878) without decompression: each block has a length, and the
 * last block of a frame is marked.
 */
export async function checkZstd(path: string, shown: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(5);
    let at = 0;
    const read = async (bytes: number): Promise<Buffer> => {
      const { bytesRead } = await file.read(head, 0, bytes, at);
      if (bytesRead < bytes) damaged(shown, 'Zstandard', `it ends within a frame, after ${size} bytes`);
      at += bytes;
      return head;
    };
    while (at < size) {
      const magic = (await read(4)).readUInt32LE(0);
      if (isSkippable(magic)) {
        at += (await read(4)).readUInt32LE(0);
      } else if (magic === ZSTD_FRAME) {
        const descriptor = (await read(1))[0]!;
        at += frameHeaderSize(descriptor);
        for (let last = false; !last; ) {
          const block = (await read(3)).readUIntLE(0, 3);
          last = (block & 1) === 1;
          at += ((block >>> 1) & 3) === 1 ? 1 : block >>> 3;
        }
        if ((descriptor & 4) !== 0) at += 4;
      } else damaged(shown, 'Zstandard', `no frame starts at byte ${at - 4}`);
    }
    if (at > size) damaged(shown, 'Zstandard', `it ends within a frame, after ${size} bytes`);
  } finally {
    await file.close();
  }
}

/** Bytes of a frame header after its descriptor: window, dictionary id and content size. */
function frameHeaderSize(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const contentFlag = descriptor >>> 6;
  const content = contentFlag === 0 ? Number(single) : 1 << contentFlag;
  return Number(!single) + [0, 1, 2, 4][descriptor & 3]! + content;
}
