/** `manifest.json` of a split folder that recdistill wrote. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';

export const SPLIT_MANIFEST = 'manifest.json';

const schema = z.object({
  format: z.literal('recdistill-split'),
  version: z.literal(1),
  name: z.string(),
  fingerprint: z.string(),
  users: z.int(),
  items: z.int(),
  interactions: z.object({ train: z.int(), valid: z.int(), test: z.int() }),
  /** True if the files have a column `weight`, which is part of the fingerprint. */
  weighted: z.literal(true).optional(),
  notes: z.array(z.string()),
});

export type SplitManifest = z.output<typeof schema>;

/** The manifest of a folder. Undefined if there is none, or one of another program. */
export async function readManifest(folder: string): Promise<SplitManifest | undefined> {
  const path = join(folder, SPLIT_MANIFEST);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined || !text.includes('recdistill-split')) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const hint =
      'Write the split again with `recdistill data split`. To load the files as they are, delete the manifest.';
    return fail('bad-data', { path, problem: 'is not a valid manifest of a split', hint }, cause);
  }
}
