/** Recognises output folders of recdistill: runs, students, exports and splits. They may be beside data but are not data. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SPLIT_MANIFEST } from './split-manifest.js';

export type OwnFolder = 'run' | 'student' | 'export' | 'split';

/** The kind of an output folder of recdistill, by its manifest. Undefined for any other folder. */
export async function writtenBy(folder: string): Promise<OwnFolder | undefined> {
  const manifest = await jsonOf(join(folder, SPLIT_MANIFEST));
  const { format, kind, hash, dataFingerprint } = manifest ?? {};
  if (format === 'recdistill-split') return 'split';
  if (format === 'recdistill-student') return 'student';
  if (typeof format === 'number' && typeof kind === 'string' && isHash(hash) && isHash(dataFingerprint)) return 'run';
  const about = await jsonOf(join(folder, 'about.json'));
  const isExport = ['format', 'precision', 'users', 'items', 'dim', 'notes'].every((key) => about && key in about);
  return isExport ? 'export' : undefined;
}

/** Larger than any of these manifests, in bytes. */
const MAX_BYTES = 2 ** 20;

async function jsonOf(path: string): Promise<Record<string, unknown> | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > MAX_BYTES) return undefined;
  const text = await readFile(path, 'utf8').catch(() => '');
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
