/**
 * A part: a folder with the result of one piece of a computation. Its name is the hash of all that determines it. It is written under a temporary
 * name and renamed, so a folder of this name is complete.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '../errors.js';
import { isPlainObject } from '../student/canonical-json.js';
import { makeFolder, syncFolder, temporaryBeside } from './atomic.js';
import { ioCode, writeFailed } from './io-error.js';
import { readSealedJson, writeSealedJson } from './sealed-json.js';
import { discard } from './temporary-names.js';

/** The manifest of a part. Not `manifest.json`, which makes a folder a run or a bundle. */
export const PART_MANIFEST = 'part.json';

const FORMAT = 1;
/** Bytes that are hashed at a time. */
const PIECE = 2 ** 23;

/** What a part is: its hash, and the values that the hash was computed from. JSON values only. */
export interface PartIdentity {
  readonly hash: string;
  readonly spec: object;
}

export interface PartManifest extends PartIdentity {
  /** Size in bytes and SHA-256 (hex) of each file, by name. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/**
 * Writes a part. If another process has written the same part meanwhile, that one is kept: equal parts have equal content.
 * @param fill writes the files into the given folder, which is empty
 * @param step called between pieces of the work that follows; what it throws ends the work, and nothing is left
 * @throws RecdistillError `write-failed`; errors of `fill` and `step` are passed on
 */
export async function writePart(
  folder: string,
  { hash, spec }: PartIdentity,
  fill: (temporary: string) => Promise<void>,
  step: () => Promise<void> = async () => undefined,
): Promise<void> {
  makeFolder(dirname(folder));
  const temporary = temporaryBeside(folder);
  try {
    fs.mkdirSync(temporary);
    await fill(temporary);
    const files: Record<string, { bytes: number; sha256: string }> = {};
    for (const name of fs.readdirSync(temporary).sort()) files[name] = await settle(join(temporary, name), step);
    writeSealedJson(join(temporary, PART_MANIFEST), { format: FORMAT, hash, spec, files });
    syncFolder(temporary);
    // What is there and is not complete was damaged later.
    if (!isWholePart(folder, hash)) discard(folder);
    place(temporary, folder);
    syncFolder(dirname(folder));
  } catch (cause) {
    if (ioCode(cause) !== undefined) writeFailed(folder, cause);
    throw cause;
  } finally {
    discard(temporary);
  }
}

function place(temporary: string, folder: string): void {
  try {
    fs.renameSync(temporary, folder);
  } catch (cause) {
    // Windows says EPERM if the folder exists.
    const exists = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(ioCode(cause) ?? '') && fs.existsSync(folder);
    if (!exists) throw cause;
  }
}

/** Flushes a file to disk and hashes it. */
async function settle(path: string, step: () => Promise<void>): Promise<{ bytes: number; sha256: string }> {
  // Windows flushes only files that are open for writing.
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await file.sync();
    return await digested(file, step);
  } finally {
    await file.close();
  }
}

async function digested(
  file: fs.promises.FileHandle,
  step: () => Promise<void>,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(PIECE);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, PIECE, bytes);
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    hash.update(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
    await step();
  }
}

/** Whether the folder is a part with this hash, with all its files in their sizes. Their content is not read. */
export function isWholePart(folder: string, hash: string): boolean {
  if (!fs.existsSync(join(folder, PART_MANIFEST))) return false;
  try {
    const manifest = readManifest(folder);
    return manifest.hash === hash && missing(folder, manifest) === undefined;
  } catch {
    return false;
  }
}

/**
 * Reads the manifest of a part and compares every file with its checksum.
 * @param step called between pieces of the work
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`; errors of `step` are passed on
 */
export async function verifyPart(
  folder: string,
  step: () => Promise<void> = async () => undefined,
): Promise<PartManifest> {
  const manifest = readManifest(folder);
  const wrong = missing(folder, manifest);
  if (wrong !== undefined) damaged(join(folder, wrong), 'it is missing, or its size differs from the manifest');
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    const file = await open(join(folder, name), 'r');
    try {
      if ((await digested(file, step)).sha256 !== sha256)
        damaged(join(folder, name), 'its content does not match its SHA-256');
    } finally {
      await file.close();
    }
  }
  return manifest;
}

const damaged = (path: string, problem: string): never =>
  fail('artifact-damaged', { path, problem, hint: 'Delete the folder of the part: the same command makes it again.' });

/** The first file that is missing or has another size. */
const missing = (folder: string, { files }: PartManifest): string | undefined =>
  Object.entries(files).find(
    ([name, { bytes }]) => fs.statSync(join(folder, name), { throwIfNoEntry: false })?.size !== bytes,
  )?.[0];

function readManifest(folder: string): PartManifest {
  const path = join(folder, PART_MANIFEST);
  const { format, hash, spec, files } = readSealedJson(path);
  if (format !== FORMAT || typeof hash !== 'string' || !isPlainObject(spec) || !isPlainObject(files))
    damaged(path, 'it is not the manifest of a part of this version');
  return { hash, spec, files } as PartManifest;
}
