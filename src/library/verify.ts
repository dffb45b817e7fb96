/** Checks everything that recdistill has written: runs, searches, links, student bundles, splits, stored data sets and exported folders. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readBundle } from '../bundle/index.js';
import { readSplitFiles, verifyStoredData } from '../data/index.js';
import { fail } from '../errors.js';
import { verifyExport } from '../export/index.js';
import { digestOf, namesIn, parseJsonFile } from '../formats/index.js';
import { type Checks, checksOf, readLink, resolveRun, UNSEALED, type Verified, verifyRun } from '../runs/index.js';
import { isPlainObject } from '../student/canonical-json.js';
import { expectPath } from './check.js';

export type { Verified };

/** Deepest folder below the given one that is looked at. */
const DEPTH = 6;

/**
 * Checks a run, a student bundle, a split, an exported folder, or every one of these below a folder: all files against their checksums and
 * sizes, that parameters are finite, and that files fit each other and their manifest. Nothing is changed or locked.
 * @returns one entry for each thing found. Damage is an entry with `state` `damaged`, not an error
 * @throws RecdistillError `file-missing`, `read-failed`; `usage` if there is nothing that recdistill has written
 */
export async function verify(path: string): Promise<readonly Verified[]> {
  expectPath(path, 'verify', "verify('runs')");
  if (!existsSync(path)) fail('file-missing', { path });
  if (!statSync(path).isDirectory()) {
    const problem = `${path} is a file; expected the folder of a run, a bundle, a split or an export`;
    fail('usage', { problem, hint: 'Give its folder.' });
  }
  const found = await below(path, DEPTH);
  if (found.length > 0) return found;
  const problem = `there is no run, bundle, split or exported folder in ${path}`;
  return fail('usage', { problem, hint: 'Give the folder of one, or a folder of runs.' });
}

async function below(folder: string, depth: number): Promise<Verified[]> {
  const own = await verifyOne(folder);
  // Within the folder of a run are only its own files.
  if (own !== undefined) return [own];
  const found: Verified[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name === '.stdin') found.push(await verifyKept(path));
    else if (entry.isDirectory() && !entry.name.startsWith('.') && depth > 0)
      for (const one of await below(path, depth - 1)) found.push(one);
  }
  return found;
}

/** Undefined if the folder is nothing that recdistill has written. */
async function verifyOne(folder: string): Promise<Verified | undefined> {
  const names = namesIn(folder);
  if (names.includes('link.json')) return verifyLink(folder);
  if (names.includes('manifest.json')) {
    const format = formatOf(join(folder, 'manifest.json'));
    if (format === 'recdistill-student') return verifyBundle(folder);
    if (format === 'recdistill-split') return verifySplit(folder);
    if (names.includes('ids.safetensors')) return verifyStored(folder);
    // A damaged manifest, too: these are the other files of a bundle and of a split.
    if (names.includes('student.safetensors')) return verifyBundle(folder);
    if (names.includes('train.tsv')) return verifySplit(folder);
    return verifyRun(folder);
  }
  if (!names.includes('about.json')) return undefined;
  const checks = checksOf(folder);
  const found = await checks.try(() => verifyExport(folder));
  if (found?.about.files === undefined && found) checks.note(UNSEALED);
  return checks.result(found ? `export as ${found.about.format}` : 'export');
}

function formatOf(path: string): unknown {
  try {
    const json = parseJsonFile(path);
    return isPlainObject(json) ? json.format : undefined;
  } catch {
    return undefined;
  }
}

async function verifyLink(folder: string): Promise<Verified> {
  const checks = checksOf(folder);
  const link = await checks.try(() => {
    resolveRun(folder);
    return readLink(folder);
  });
  return checks.result(link ? `link to ${link.to}` : 'link');
}

async function verifyBundle(folder: string): Promise<Verified> {
  const checks = checksOf(folder);
  const bundle = await checks.try(() => readBundle(folder));
  const { users, items, precision } = bundle?.manifest ?? {};
  return checks.result(bundle ? `student of ${users} users and ${items} items, ${precision}` : 'student');
}

async function verifySplit(folder: string): Promise<Verified> {
  const checks = checksOf(folder);
  const split = await checks.try(() => readSplitFiles(folder));
  if (split && !split.sealed) checks.note(UNSEALED);
  for (const [name, expected] of Object.entries(split?.files ?? {}))
    await checks.try(() => checkFile(join(folder, name), expected));
  return checks.result(split ? `split of ${split.name}` : 'split');
}

async function verifyStored(folder: string): Promise<Verified> {
  const checks = checksOf(folder);
  const stored = await checks.try(() => verifyStoredData(folder));
  return checks.result(stored ? `stored data of ${stored.name}` : 'stored data');
}

/** Standard input that was kept: the name of each file has the first digits of its SHA-256. */
async function verifyKept(folder: string): Promise<Verified> {
  const checks: Checks = checksOf(folder);
  for (const name of namesIn(folder))
    if (name.endsWith('.data'))
      await checks.try(() => checkFile(join(folder, name), { sha256: basename(name, '.data') }));
  return checks.result('kept standard input');
}

/** @param expected its size, if known, and the first digits of its SHA-256 */
function checkFile(path: string, expected: { readonly bytes?: number; readonly sha256: string }): void {
  const { bytes, sha256 } = digestOf(path);
  if (expected.bytes !== undefined && bytes !== expected.bytes)
    fail('artifact-damaged', { path, problem: `it has ${bytes} bytes; expected ${expected.bytes}`, hint: AGAIN });
  if (!sha256.startsWith(expected.sha256))
    fail('artifact-damaged', { path, problem: 'its content does not match its SHA-256', hint: AGAIN });
}

const AGAIN = 'Restore the file, or write the folder again.';
