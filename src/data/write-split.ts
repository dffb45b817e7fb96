/** Writes a data set as a folder with a ready split, atomically. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { ioCode, replaceFolder, sealedText, writeAtomic, writeFailed } from '../formats/index.js';
import { createProgress } from '../progress.js';
import { count, type Dataset, type Interactions } from './interactions.js';
import { readManifest, SPLIT_MANIFEST, type SplitManifest } from './split-manifest.js';
import { FOLD_IN_NAME, PARTS } from './split-names.js';
import { cleanedOnSignal } from './temporary.js';

/**
 * Writes `train.tsv`, `valid.tsv`, `test.tsv` (user, item and, if known, time and weight), `users.tsv` and `items.tsv`
 * (id, number, label) and `manifest.json` to a new folder; `fold-in.tsv` has the histories of users who are held out whole. Loading the folder gives the same fingerprint. A folder with
 * the same split is written again, so that a command that was interrupted can be repeated.
 * @throws RecdistillError `usage` if the folder has anything else, `write-failed`; it is then unchanged
 */
export async function writeSplit(dataset: Dataset, folder: string): Promise<void> {
  const target = resolve(folder);
  if (existsSync(target) && !(await hasSplit(target, dataset))) {
    fail('usage', { problem: `${folder} already exists`, hint: 'Choose another folder, or delete this one first.' });
  }
  const replacement = replaceFolder(target, isSplitFile);
  const { temporary } = replacement;
  const keep = cleanedOnSignal(replacement.close);
  try {
    const files: Record<string, Written> = {};
    const step = createProgress().task('writing the split', 'rows');
    const { train, valid, test, users, items } = dataset;
    const total = count(train) + count(valid) + count(test) + users.ids.length + items.ids.length;
    let rows = 0;
    function* counted(lines: Iterable<string>): Generator<string> {
      for (const line of lines) {
        rows += 1;
        yield line;
      }
    }
    const write = async (name: string, lines: Iterable<string>): Promise<void> => {
      files[name] = await writeLines(join(temporary, name), counted(lines), () => step(rows, Math.max(rows, total)));
    };
    // With histories, valid is not taken from train where it is absent, and a file without rows could not be read.
    const named = dataset.foldIn && count(dataset.valid) === 0 ? (['train', 'test'] as const) : PARTS;
    for (const part of named) await write(`${part}.tsv`, partLines(dataset, dataset[part]));
    if (dataset.foldIn) await write(`${FOLD_IN_NAME}.tsv`, partLines(dataset, dataset.foldIn));
    await write('users.tsv', idLines('user', dataset.users.ids));
    await write('items.tsv', idLines('item', dataset.items.ids, dataset.itemLabels));
    writeAtomic(join(temporary, SPLIT_MANIFEST), sealedText({ ...manifestOf(dataset), files }));
    replacement.commit();
  } catch (cause) {
    if (cause instanceof RecdistillError) throw cause;
    if (ioCode(cause) !== undefined) writeFailed(folder, cause);
    fail('write-failed', { path: folder, problem: cause instanceof Error ? cause.message : String(cause) }, cause);
  } finally {
    replacement.close();
    keep();
  }
}

const isSplitFile = (name: string): boolean =>
  name === SPLIT_MANIFEST ||
  ['train', 'valid', 'test', FOLD_IN_NAME, 'users', 'items'].some((part) => name === `${part}.tsv`);

/** Whether a folder has this split and nothing else. */
async function hasSplit(folder: string, { fingerprint }: Dataset): Promise<boolean> {
  try {
    const found = await readManifest(folder);
    return found?.fingerprint === fingerprint && readdirSync(folder).every(isSplitFile);
  } catch {
    return false;
  }
}

export type PartSizes = Record<'train' | 'valid' | 'test', number> & Partial<Record<'foldIn', number>>;

/** Number of interactions in each part. */
export const partSizes = ({ train, valid, test, foldIn }: Dataset): PartSizes => ({
  ...{ train: count(train), valid: count(valid), test: count(test) },
  ...(foldIn ? { foldIn: count(foldIn) } : {}),
});

function manifestOf(dataset: Dataset): SplitManifest {
  const { name, fingerprint, users, items, train, notes } = dataset;
  return {
    format: 'recdistill-split',
    version: 1,
    name,
    fingerprint,
    users: users.ids.length,
    items: items.ids.length,
    interactions: partSizes(dataset),
    ...(train.weights ? { weighted: true as const } : {}),
    notes: [...notes],
  };
}

/** A field (RFC 4180), quoted only if necessary. */
const field = (text: string): string =>
  /["\t\r\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;

function* partLines(dataset: Dataset, part: Interactions): Generator<string> {
  const more = [
    { name: 'time', values: part.times },
    { name: 'weight', values: part.weights },
  ].filter(({ values }) => values !== undefined);
  yield ['user', 'item', ...more.map(({ name }) => name)].join('\t');
  for (let u = 0; u < part.nUsers; u++) {
    const user = field(dataset.users.ids[u]!);
    for (let k = part.indptr[u]!; k < part.indptr[u + 1]!; k++) {
      const item = field(dataset.items.ids[part.indices[k]!]!);
      yield [user, item, ...more.map(({ values }) => values![k])].join('\t');
    }
  }
}

function* idLines(kind: 'user' | 'item', ids: readonly string[], labels?: readonly string[]): Generator<string> {
  yield labels ? `${kind}\tnumber\tlabel` : `${kind}\tnumber`;
  for (const [k, id] of ids.entries()) yield [field(id), k, ...(labels ? [field(labels[k]!)] : [])].join('\t');
}

const BATCH = 64 * 1024;

/** What `writeLines` has written. */
export interface Written {
  readonly bytes: number;
  /** SHA-256 (hex). */
  readonly sha256: string;
}

/**
 * Writes a new file and flushes it to disk.
 * @param step called between batches of lines
 */
export async function writeLines(
  path: string,
  lines: Iterable<string>,
  step: () => Promise<void> = async () => undefined,
): Promise<Written> {
  const file = await open(path, 'wx');
  const hash = createHash('sha256');
  let bytes = 0;
  const put = async (text: string): Promise<void> => {
    const batch = Buffer.from(text);
    hash.update(batch);
    bytes += batch.length;
    await file.writeFile(batch);
  };
  try {
    let batch = '';
    for (const line of lines) {
      batch += `${line}\n`;
      if (batch.length < BATCH) continue;
      await put(batch);
      batch = '';
      await step();
    }
    await put(batch);
    await file.sync();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
