/** Writes a data set as a folder with a ready split, atomically. */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { ioCode, replaceFolder, writeFailed } from '../formats/index.js';
import { count, type Dataset, type Interactions } from './interactions.js';
import { SPLIT_MANIFEST, type SplitManifest } from './split-manifest.js';
import { cleanedOnSignal } from './temporary.js';

/**
 * Writes `train.tsv`, `valid.tsv`, `test.tsv` (user, item and, if known, time and weight), `users.tsv` and `items.tsv`
 * (id, number, label) and `manifest.json` to a new folder. Loading the folder gives the same fingerprint.
 * @throws RecdistillError `usage` if the folder exists, `write-failed`; no files remain in either case
 */
export async function writeSplit(dataset: Dataset, folder: string): Promise<void> {
  const target = resolve(folder);
  if (existsSync(target)) {
    fail('usage', { problem: `${folder} already exists`, hint: 'Choose another folder, or delete this one first.' });
  }
  const replacement = replaceFolder(target, () => false);
  const { temporary } = replacement;
  const keep = cleanedOnSignal(replacement.close);
  try {
    for (const part of ['train', 'valid', 'test'] as const) {
      await writeLines(join(temporary, `${part}.tsv`), partLines(dataset, dataset[part]));
    }
    await writeLines(join(temporary, 'users.tsv'), idLines('user', dataset.users.ids));
    await writeLines(join(temporary, 'items.tsv'), idLines('item', dataset.items.ids, dataset.itemLabels));
    await writeLines(join(temporary, SPLIT_MANIFEST), [JSON.stringify(manifestOf(dataset), null, 2)]);
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

function manifestOf(dataset: Dataset): SplitManifest {
  const { name, fingerprint, users, items, train, valid, test, notes } = dataset;
  return {
    format: 'recdistill-split',
    version: 1,
    name,
    fingerprint,
    users: users.ids.length,
    items: items.ids.length,
    interactions: { train: count(train), valid: count(valid), test: count(test) },
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

export async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const file = await open(path, 'wx');
  try {
    let batch = '';
    for (const line of lines) {
      batch += `${line}\n`;
      if (batch.length < BATCH) continue;
      await file.writeFile(batch);
      batch = '';
    }
    await file.writeFile(batch);
    await file.sync();
  } finally {
    await file.close();
  }
}
