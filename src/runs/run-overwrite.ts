/**
 * Restarts a run in an existing folder without losing the old run before the new manifest is on disk. The old content is moved to `.previous`,
 * its manifest last. Then the new manifest is written. Then `.previous` is renamed to `.discarded` and deleted. After a crash:
 *   both have a manifest    -> the new run is valid; delete the old one
 *   only one has a manifest -> the new run was not created; restore the old content
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../formats/atomic.js';
import { writing } from '../formats/io-error.js';

const previous = '.previous';
const discarded = '.discarded';
const manifest = 'manifest.json';
const result = 'result.json';

export const isOverwriteFolder = (name: string): boolean => name === previous || name === discarded;

/** Moves the content of a run aside, except names for which `stay` is true. @throws RecdistillError `write-failed` */
export function moveAside(run: string, stay: (name: string) => boolean): void {
  const names = fs.readdirSync(run).filter((name) => !stay(name) && !isOverwriteFolder(name) && name !== manifest);
  // Without its result the run counts as unfinished: nobody reads what is left of it.
  names.sort((a, b) => Number(b === result) - Number(a === result));
  writing(run, () => {
    fs.mkdirSync(join(run, previous));
    for (const name of [...names, manifest]) fs.renameSync(join(run, name), join(run, previous, name));
    syncFolder(run);
  });
}

/** Completes an overwrite, after the new manifest or after a crash. @throws RecdistillError `write-failed` */
export function finishOverwrite(run: string): void {
  const has = (...names: string[]): boolean => fs.existsSync(join(run, ...names));
  writing(run, () => {
    if (has(previous) && has(manifest) && has(previous, manifest)) {
      fs.rmSync(join(run, discarded), { recursive: true, force: true });
      fs.renameSync(join(run, previous), join(run, discarded));
      syncFolder(run);
    } else if (has(previous)) {
      // The manifest first: a folder with files but without a manifest would not be recognised as a run.
      // The result last: it says that the run is complete.
      const place = (name: string): number => (name === manifest ? 0 : name === result ? 2 : 1);
      const names = fs.readdirSync(join(run, previous)).sort((a, b) => place(a) - place(b));
      for (const name of names) fs.renameSync(join(run, previous, name), join(run, name));
      fs.rmdirSync(join(run, previous));
    }
    fs.rmSync(join(run, discarded), { recursive: true, force: true });
  });
}
