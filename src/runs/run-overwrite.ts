/**
 * Starting a run anew in the folder of an old one, without losing the old one before the new manifest is on the disk.
 * The old content moves to `.previous`, its manifest last; then the new manifest is written; then `.previous` becomes
 * `.discarded` in one step and is deleted. So after a crash the state can be told:
 *   both have a manifest    -> the new run stands; discard the old one
 *   only one has a manifest -> the new run never came to be; bring the old content back
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../formats/atomic.js';
import { writing } from '../formats/io-error.js';

const previous = '.previous';
const discarded = '.discarded';
const manifest = 'manifest.json';

export const isOverwriteFolder = (name: string): boolean => name === previous || name === discarded;

/** Moves the content of a run out of the way, except names that `stay`. @throws RecdistillError `write-failed` */
export function moveAside(run: string, stay: (name: string) => boolean): void {
  const names = fs.readdirSync(run).filter((name) => !stay(name) && !isOverwriteFolder(name) && name !== manifest);
  writing(run, () => {
    fs.mkdirSync(join(run, previous));
    for (const name of [...names, manifest]) fs.renameSync(join(run, name), join(run, previous, name));
    syncFolder(run);
  });
}

/** Brings an overwrite that was interrupted, or has just been done, to its end. @throws RecdistillError `write-failed` */
export function finishOverwrite(run: string): void {
  const has = (...names: string[]): boolean => fs.existsSync(join(run, ...names));
  writing(run, () => {
    if (has(previous) && has(manifest) && has(previous, manifest)) {
      fs.rmSync(join(run, discarded), { recursive: true, force: true });
      fs.renameSync(join(run, previous), join(run, discarded));
      syncFolder(run);
    } else if (has(previous)) {
      // The manifest first: a folder without one, but with other files, would be taken for somebody else's.
      const names = fs.readdirSync(join(run, previous)).sort((a, b) => Number(b === manifest) - Number(a === manifest));
      for (const name of names) fs.renameSync(join(run, previous, name), join(run, name));
      fs.rmdirSync(join(run, previous));
    }
    fs.rmSync(join(run, discarded), { recursive: true, force: true });
  });
}
