/** Folders of the store besides those of runs. */
import { join } from 'node:path';

/** Folder of a part. @param store the runs folder */
export const partFolder = (store: string, hash: string): string => join(store, 'parts', hash);

/** Folder of the stored data sets of a fingerprint. @param store the runs folder */
export const storedDataFolder = (store: string, fingerprint: string): string => join(store, 'data', fingerprint);
