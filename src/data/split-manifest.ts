/** `manifest.json` of a split folder that recdistill wrote. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fail, RecdistillError } from '../errors.js';
import { DOCUMENT, digestOf, parseJsonOf, readBytes, readCheckedJson } from '../formats/index.js';

export const SPLIT_MANIFEST = 'manifest.json';

const schema = z.object({
  format: z.literal('recdistill-split'),
  version: z.literal(1),
  name: z.string(),
  fingerprint: z.string(),
  users: z.int(),
  items: z.int(),
  /** `foldIn`: in the histories of users who are held out whole, if the split has any. */
  interactions: z.object({ train: z.int(), valid: z.int(), test: z.int(), foldIn: z.int().optional() }),
  /** True if the files have a column `weight`, which is part of the fingerprint. */
  weighted: z.literal(true).optional(),
  notes: z.array(z.string()),
  /** Size in bytes and SHA-256 (hex) of each file. Absent in splits of earlier versions. */
  files: z.record(z.string(), z.object({ bytes: z.int(), sha256: z.string() })).optional(),
});

export type SplitManifest = z.output<typeof schema>;

const HINT = 'Write the split again with `recdistill data split`. To load the files as they are, delete the manifest.';

/** Any of these words is in a manifest that we wrote, also if others are damaged. */
const OURS = ['recdistill-split', '"fingerprint"', '"interactions"'];

/**
 * The manifest of a folder. Undefined if there is none, or one of another program.
 * @throws RecdistillError `over-limit`, `read-failed`, `artifact-damaged`, `bad-data`, also for a manifest that is not JSON
 */
export function readManifest(folder: string): SplitManifest | undefined {
  const path = join(folder, SPLIT_MANIFEST);
  if (!existsSync(path)) return undefined;
  const text = Buffer.from(readBytes(path, DOCUMENT.bytes, HINT)).toString();
  let json: unknown;
  try {
    json = parseJsonOf(path, text, HINT);
  } catch (cause) {
    if (!(cause instanceof RecdistillError) || cause.code !== 'artifact-damaged') throw cause;
    return notValid(path, cause.details.problem, cause);
  }
  if (!OURS.some((word) => text.includes(word))) return undefined;
  // Checks its checksum, if it has one.
  readCheckedJson(path, { hint: HINT });
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path: place, message } = parsed.error.issues[0]!;
  return notValid(path, `${place.join('.') || 'its content'}: ${message}`, parsed.error);
}

/** Whether a source is the folder of a split that recdistill wrote: filters and split are settled in it. @throws as `readManifest` */
export const isWrittenSplit = (source: unknown): boolean =>
  typeof source === 'string' && existsSync(join(source, SPLIT_MANIFEST)) && readManifest(source) !== undefined;

/**
 * Compares the files of a split with the checksums in its manifest. The fingerprint alone would not notice changed labels
 * and times, nor anything if the parts are pooled and split again.
 * @throws RecdistillError `file-missing`, `read-failed`, `bad-data` for a file that has changed
 */
export function checkSplitFiles(folder: string, { files = {} }: SplitManifest): void {
  for (const [name, expected] of Object.entries(files)) {
    const path = join(folder, name);
    const { bytes, sha256 } = digestOf(path);
    if (bytes === expected.bytes && sha256 === expected.sha256) continue;
    const how =
      bytes === expected.bytes
        ? 'its content does not match its SHA-256 in the manifest'
        : `it has ${bytes} bytes, ${expected.bytes} in the manifest`;
    fail('bad-data', { path, problem: `has changed since the split was written: ${how}`, hint: HINT });
  }
}

/**
 * The files of a split folder with their checksums; none if an earlier version wrote it.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `bad-data` if it is not a manifest of a split
 */
export function readSplitFiles(folder: string): Pick<SplitManifest, 'name' | 'files'> & { readonly sealed: boolean } {
  const path = join(folder, SPLIT_MANIFEST);
  const { value, sealed } = readCheckedJson(path);
  const parsed = schema.safeParse(value);
  return parsed.success ? { ...parsed.data, sealed } : notValid(path, parsed.error.issues[0]!.message, parsed.error);
}

const notValid = (path: string, why: unknown, cause: unknown): never =>
  fail('bad-data', { path, problem: `is not a valid manifest of a split: ${why}`, hint: HINT }, cause);
