/** The student bundle on disk. What reads it, in Node as in a browser, is student/parse-bundle.ts. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fail } from '../errors.js';
import {
  type BundleManifest,
  bundleFiles,
  bundleFormat,
  bundleVersion,
  parseBundle,
  type StudentBundle,
} from '../student/parse-bundle.js';
import type { Tensor } from '../student/safetensors.js';
import { StudentError } from '../student/student-error.js';
import { problemOf, type StudentModel } from '../student/student-model.js';
import { writeAtomic, writeFolder } from './atomic.js';
import { readBytes } from './read.js';
import { encodeSafetensors } from './safetensors.js';
import { writeSealedJson } from './sealed-json.js';

/** What stands in a bundle's manifest beside what follows from the model. */
export type BundleNotes = Pick<BundleManifest, 'dataFingerprint' | 'licence' | 'madeBy' | 'metrics'>;

const names: readonly string[] = Object.values(bundleFiles);

/**
 * Writes a bundle in place of the one that `folder` may hold; that one stays as it was if this fails.
 * The same model and notes give the same bytes.
 * @throws RecdistillError `write-failed`, `usage` if the folder holds other files or the model's parts do not fit together
 */
export function writeBundle(folder: string, model: StudentModel, notes: BundleNotes): void {
  const problem = problemOf(model);
  if (problem !== undefined)
    fail('usage', { problem: `the student cannot be written: ${problem}`, hint: 'Train it again.' });
  const { users, items, dim } = model;
  const files: Record<string, { bytes: number; sha256: string }> = {};
  writeFolder(
    folder,
    (name) => names.includes(name),
    (temp) => {
      const write = (name: string, parts: readonly Uint8Array[]): void => {
        writeAtomic(join(temp, name), parts);
        const hash = createHash('sha256');
        for (const part of parts) hash.update(part);
        files[name] = { bytes: parts.reduce((sum, part) => sum + part.length, 0), sha256: hash.digest('hex') };
      };
      const { labels } = model;
      write(bundleFiles.tensors, encodeSafetensors(tensorsOf(model), { dataFingerprint: notes.dataFingerprint }).parts);
      write(bundleFiles.items, [jsonBytes({ ids: model.itemIds, ...(labels && { labels }) })]);
      write(bundleFiles.users, [jsonBytes({ ids: model.userIds })]);
      const { dataFingerprint, licence, madeBy, metrics } = notes;
      const head = { format: bundleFormat, formatVersion: bundleVersion, users, items, dim };
      writeSealedJson(join(temp, bundleFiles.manifest), { ...head, dataFingerprint, licence, madeBy, metrics, files });
    },
  );
}

/**
 * Reads a bundle after checking all of it; needs no training data.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `artifact-differs` if another format version wrote it
 */
export async function readBundle(folder: string): Promise<StudentBundle> {
  const read = (name: keyof typeof bundleFiles): Uint8Array => readBytes(join(folder, bundleFiles[name]));
  const source = { manifest: read('manifest'), tensors: read('tensors'), items: read('items'), users: read('users') };
  try {
    return await parseBundle(source);
  } catch (cause) {
    if (!(cause instanceof StudentError)) throw cause;
    const path = join(folder, cause.file ?? '');
    const problem = cause.file === undefined ? cause.message : cause.message.slice(cause.file.length + 2);
    if (cause.code === 'bundle-version') fail('artifact-differs', { path, what: 'format', difference: problem }, cause);
    fail('artifact-damaged', { path, problem, hint: cause.hint }, cause);
  }
}

function tensorsOf(model: StudentModel): Record<string, Tensor> {
  const { users, items, dim, userBiases, itemBiases, seen } = model;
  return {
    'user.factors': { shape: [users, dim], data: model.userFactors },
    'item.factors': { shape: [items, dim], data: model.itemFactors },
    ...(userBiases && { 'user.bias': { shape: [users], data: userBiases } }),
    ...(itemBiases && { 'item.bias': { shape: [items], data: itemBiases } }),
    ...(seen && {
      'seen.indptr': { shape: [users + 1], data: seen.indptr },
      'seen.indices': { shape: [seen.indices.length], data: seen.indices },
    }),
  };
}

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);
