/** The student bundle on disk. The parser for Node and browsers is student/parse-bundle.ts. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { piecesOf, writingAtomic, writingFolder } from '../formats/atomic.js';
import { readBytes, withFile } from '../formats/read.js';
import { encodingSafetensors } from '../formats/safetensors.js';
import { sealedText } from '../formats/sealed-json.js';
import { bundlePart, programParts, refuseBeyond } from '../memory/index.js';
import { eachInParts, runSync, within } from '../progress.js';
import { DOCUMENT } from '../student/bounded-json.js';
import {
  type BundleManifest,
  type BundlePart,
  bundleFiles,
  bundleFormat,
  bundleVersion,
  entryOf,
  type Precision,
  parseBundle,
  parseManifest,
  partsOf,
  refuseUsersFile,
  type StudentBundle,
} from '../student/parse-bundle.js';
import { damaged, StudentError } from '../student/student-error.js';
import { kindOf, problemOf, type StudentModel } from '../student/student-model.js';
import { encodeIds } from '../student/varints.js';
import { tensorsOf } from './tensors.js';

/** The entries of a bundle's manifest that do not follow from the model. */
export type BundleNotes = Pick<BundleManifest, 'dataFingerprint' | 'licence' | 'madeBy' | 'metrics'>;

export interface BundleOptions {
  /** Storage format of the factors: `f32` is exact (default), `f16` and `int16` need half the space, `int8` a quarter. */
  readonly precision?: Precision;
}

const names: readonly string[] = Object.values(bundleFiles);

/** Whether a file name belongs to a bundle. */
export const isBundleFile = (name: string): boolean => names.includes(name);

/** Content of the file with item ids and names. @param version of the bundle; whole-number ids are among the tensors from 3 on */
export const itemsBytes = (
  { itemIds, labels }: Pick<StudentModel, 'itemIds' | 'labels'>,
  version: BundleManifest['formatVersion'] = bundleVersion,
): Uint8Array => jsonBytes({ ...(version < 3 ? { ids: itemIds } : textIds(itemIds)), ...(labels && { labels }) });

const textIds = (ids: readonly string[]) => (encodeIds(ids) ? {} : { ids });

/**
 * Writes a bundle atomically and replaces an existing one in `folder`. Equal model, notes and options give equal bytes.
 * @throws RecdistillError `write-failed`, `usage` if the folder contains other files, the model is inconsistent, or a
 *   factor exceeds the range of f16
 */
export const writeBundle = (
  folder: string,
  model: StudentModel,
  notes: BundleNotes,
  options: BundleOptions = {},
): void => runSync(writingBundle(folder, model, notes, options));

/** The same in parts. */
export function* writingBundle(
  folder: string,
  model: StudentModel,
  notes: BundleNotes,
  { precision = 'f32' }: BundleOptions = {},
): Generator<number, void> {
  const files = yield* within(encodingBundle(model, notes, precision), 0, 0.5);
  const all = files.reduce((sum, [, parts]) => sum + lengthOf(parts), 0);
  const writing = writingFolder(folder, isBundleFile, function* (temp) {
    let done = 0;
    for (const [name, parts] of files) {
      const bytes = lengthOf(parts);
      yield* within(writingAtomic(join(temp, name), parts, bytes), done / all, (done + bytes) / all);
      done += bytes;
    }
  });
  yield* within(writing, 0.5, 1);
}

/** The bytes of the bundle that `writeBundle` would write. @throws as `writeBundle` */
export const bundleBytesOf = (model: StudentModel, notes: BundleNotes, options: BundleOptions = {}): number =>
  runSync(countingBundle(model, notes, options));

/** The same in parts. */
export function* countingBundle(
  model: StudentModel,
  notes: BundleNotes,
  { precision = 'f32' }: BundleOptions = {},
): Generator<number, number> {
  const files = yield* encodingBundle(model, notes, precision);
  return files.reduce((sum, [, parts]) => sum + lengthOf(parts), 0);
}

type FileParts = readonly [name: string, parts: readonly Uint8Array[]];

function* encodingBundle(
  model: StudentModel,
  notes: BundleNotes,
  precision: Precision,
): Generator<number, readonly FileParts[]> {
  const problem = problemOf(model);
  if (problem !== undefined)
    fail('usage', {
      problem: `the student cannot be written: ${problem}`,
      hint: 'Train it with other options, such as a larger l2.',
    });
  const { nUsers, nItems, dim, answer } = model;
  const { dataFingerprint, licence, madeBy, metrics } = notes;
  const tensors = tensorsOf(model, precision);
  yield 0.2;
  const encoded = yield* within(encodingSafetensors(tensors, { dataFingerprint }), 0.2, 0.6);
  const contents: readonly FileParts[] = [
    [bundleFiles.tensors, encoded.parts],
    [bundleFiles.items, [itemsBytes(model)]],
    ...(answer ? [] : [[bundleFiles.users, [jsonBytes(textIds(model.userIds))]] as const]),
  ];
  const head = {
    ...{ format: bundleFormat, formatVersion: bundleVersion, kind: kindOf(model) },
    ...(answer && { answer: answer.by }),
    ...{ precision, users: nUsers, items: nItems, dim },
  };
  const entries = eachInParts(contents, function* ([name, parts]) {
    return [name, yield* makingEntry(parts)] as const;
  });
  const files = Object.fromEntries(yield* within(entries, 0.6, 1));
  const manifest = sealedText({ ...head, dataFingerprint, licence, madeBy, metrics, files });
  return [...contents, [bundleFiles.manifest, [Buffer.from(manifest)]]];
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

/** Length and SHA-256 of a file, as the manifest has them. */
export const entryFor = (parts: readonly Uint8Array[]): FileEntry => runSync(makingEntry(parts));

interface FileEntry {
  readonly bytes: number;
  readonly sha256: string;
}

function* makingEntry(parts: readonly Uint8Array[]): Generator<number, FileEntry> {
  const hash = createHash('sha256');
  const bytes = lengthOf(parts);
  let done = 0;
  for (const piece of piecesOf(parts)) {
    hash.update(piece);
    done += piece.length;
    yield done / bytes;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * Reads and validates a bundle. No training data is needed.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `artifact-differs` for another format version, `out-of-memory`
 */
export async function readBundle(folder: string): Promise<StudentBundle> {
  refuseLarge(folder);
  try {
    const manifest = readBytes(join(folder, bundleFiles.manifest), DOCUMENT.bytes);
    const { files, kind } = await parseManifest(manifest);
    // The size is compared before a file is read.
    const read = (part: BundlePart): Uint8Array =>
      withFile(join(folder, bundleFiles[part]), ({ bytes, read: readPart }) => {
        const said = entryOf(files, part).bytes;
        if (bytes !== said) damaged(`it has ${bytes} bytes; the manifest says ${said}`, bundleFiles[part]);
        return readPart(0, bytes);
      });
    if (kind === 'items-only' && existsSync(join(folder, bundleFiles.users))) refuseUsersFile();
    const contents = partsOf(kind).map((part) => [part, read(part)] as const);
    return await parseBundle({ manifest, tensors: '', items: '', ...Object.fromEntries(contents) });
  } catch (cause) {
    if (!(cause instanceof StudentError)) throw cause;
    const path = join(folder, cause.file ?? '');
    const problem = cause.file === undefined ? cause.message : cause.message.slice(cause.file.length + 2);
    if (cause.code === 'bundle-version') fail('artifact-differs', { path, what: 'format', difference: problem }, cause);
    fail('artifact-damaged', { path, problem, hint: cause.hint }, cause);
  }
}

/** Bytes of the bundle in a folder: parameters, ids, names, histories, manifest. Undefined without a bundle. */
export function bundleBytes(folder: string): number | undefined {
  const sizes = names.map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size);
  return sizes[0] === undefined ? undefined : sizes.reduce<number>((sum, size = 0) => sum + size, 0);
}

/**
 * Writes the bundle in `folder` to `out` in another precision. Lost precision is not restored.
 * @throws RecdistillError those of `readBundle` and `writeBundle`
 */
export async function convertBundle(folder: string, out: string, options: BundleOptions): Promise<void> {
  const { model, manifest } = await readBundle(folder);
  writeBundle(out, model, manifest, options);
}

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);

/** @throws RecdistillError `out-of-memory` if the files of a bundle do not fit */
function refuseLarge(folder: string): void {
  const parts = [...programParts(1), bundlePart(bundleBytes(folder) ?? 0)];
  refuseBeyond(parts, `the bundle ${folder}`, 'Use a machine with more memory, or export it with --precision int8.');
}
