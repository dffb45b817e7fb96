/** Folders of the store besides those of runs. */
import { join } from 'node:path';
import { fail } from '../../errors.js';

/** Names of the folders below. */
const OWN: readonly string[] = ['data', 'parts'];

/**
 * Refuses a run or a plan whose folder would be within a folder of the store itself.
 * @param name relative to the runs folder
 * @throws RecdistillError `bad-option`
 */
export function refuseStoreName(name: string): void {
  const [first = ''] = name.split('/');
  if (!OWN.includes(first.toLowerCase())) return;
  fail('bad-option', {
    ...{ option: 'name', owner: 'runs', given: JSON.stringify(name) },
    expected: `a name that does not begin with the folder "${first}", in which the folder of runs keeps what belongs to no single run`,
    help: `Choose another name. Runs that an earlier version has made under this name are found under any name: rename their folder.`,
  });
}

/** Folder of a part. @param store the runs folder */
export const partFolder = (store: string, hash: string): string => join(store, 'parts', hash);

/** Folder of the stored data sets of a fingerprint. @param store the runs folder */
export const storedDataFolder = (store: string, fingerprint: string): string => join(store, 'data', fingerprint);
