/** Gives a file of a part a second name outside of the store. */
import { constants } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';

/** The part is removed afterwards, so a second name for the same file is enough. Not every file system has these. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}
