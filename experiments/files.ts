/** Where the experiments are, and the folders that they work in. This file runs from build/experiments. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Plans of studies and the numbers of all pages. */
export const experiments = join(root, 'experiments');

export const numbersOf = (name: string): string => join(experiments, `${name}.json`);

export const pageOf = (name: string): string => join(root, 'docs', 'results', `${name}.md`);

/** Calls `use` with an empty folder, and deletes it afterwards. */
export async function inTemporary<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes a split folder. A line is a user and an item, with a tab between them. @returns the folder */
export function writeSplitFolder(
  folder: string,
  parts: Readonly<Record<'train' | 'valid' | 'test', readonly string[]>>,
) {
  mkdirSync(folder, { recursive: true });
  for (const [part, lines] of Object.entries(parts))
    writeFileSync(join(folder, `${part}.tsv`), `${['user\titem', ...lines].join('\n')}\n`);
  return folder;
}
