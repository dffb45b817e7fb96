/** The files of a folder and of all folders in it. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isHidden } from './file-names.js';

/** Paths from `folder` on, with `/`, in order; hidden files and folders (`_`, `.`) are left out, links are followed. */
export async function filesBelow(folder: string): Promise<string[]> {
  const files = await below(folder, '');
  return files.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function below(folder: string, at: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(folder, at), { withFileTypes: true })) {
    if (isHidden(entry.name)) continue;
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    const absolute = join(folder, path);
    const found = entry.isSymbolicLink() ? await stat(absolute).catch(() => undefined) : entry;
    if (found?.isFile()) files.push(path);
    if (found?.isDirectory() && !(entry.isSymbolicLink() && (await leadsUp(absolute)))) {
      files.push(...(await below(folder, path)));
    }
  }
  return files;
}

/** Whether a link leads to a folder that it lies in itself, which would go on forever. */
async function leadsUp(link: string): Promise<boolean> {
  const [target, place] = [await realpath(link), await realpath(dirname(link))];
  return `${place}/`.startsWith(`${target}/`);
}
