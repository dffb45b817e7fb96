/** Recognises output folders of recdistill: runs, students, exports and splits. They may be beside data but are not data. */
import { join } from 'node:path';
import { RecdistillError } from '../errors.js';
import { DOCUMENT, readJsonObject } from '../formats/index.js';
import { SPLIT_MANIFEST } from './split-manifest.js';

export type OwnFolder = 'run' | 'student' | 'export' | 'split' | 'data';

/** The kind of an output folder of recdistill, by its manifest. Undefined for any other folder. */
export async function writtenBy(folder: string): Promise<OwnFolder | undefined> {
  const manifest = jsonOf(join(folder, SPLIT_MANIFEST));
  const { format, kind, hash, dataFingerprint, fingerprint } = manifest ?? {};
  if (format === 'recdistill-split') return 'split';
  if (format === 'recdistill-student') return 'student';
  if (typeof format === 'number' && typeof kind === 'string' && isHash(hash) && isHash(dataFingerprint)) return 'run';
  if (typeof format === 'number' && kind === 'data' && isHash(fingerprint)) return 'data';
  const about = jsonOf(join(folder, 'about.json'));
  const isExport = ['format', 'precision', 'users', 'items', 'dim', 'notes'].every((key) => about && key in about);
  return isExport ? 'export' : undefined;
}

/** None of these manifests is larger. */
const LIMITS = { ...DOCUMENT, bytes: 2 ** 20 };

/** Undefined for a file that is no such manifest, whatever the reason. */
function jsonOf(path: string): Record<string, unknown> | undefined {
  try {
    return readJsonObject(path, undefined, LIMITS);
  } catch (cause) {
    if (cause instanceof RecdistillError) return undefined;
    throw cause;
  }
}

const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
