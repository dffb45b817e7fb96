/** Locates named data sets: in `$RECDISTILL_DATA`, then in the cache, then at their public source. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { type CatalogEntry, catalog } from './catalog.js';
import { download } from './download.js';

/** `local`: in `$RECDISTILL_DATA`. `cache`: already downloaded. `download`: can be downloaded. `absent`: must be provided by the user. */
export type DatasetLocation =
  | { readonly where: 'local' | 'cache'; readonly folder: string }
  | { readonly where: 'download' | 'absent' };

/** The cache folder: `$RECDISTILL_CACHE`, or `.cache/recdistill` in the home folder. */
export const cacheFolder = (): string => process.env.RECDISTILL_CACHE || join(homedir(), '.cache', 'recdistill');

/** The catalogue entry of a named data set. @throws RecdistillError `unknown-name` */
export function catalogEntry(name: string): CatalogEntry {
  const entry = Object.hasOwn(catalog, name) ? catalog[name] : undefined;
  return (
    entry ??
    fail('unknown-name', { kind: 'data set', given: name, known: ['synthetic', ...Object.keys(catalog)].join(', ') })
  );
}

/** The interaction files of `entry` in `folder`: one or three. Undefined if they are missing. */
export function entryFiles(entry: CatalogEntry, folder: string): readonly string[] | undefined {
  const { files } = entry;
  if ('any' in files) {
    const found = files.any.find((file) => existsSync(join(folder, file)));
    return found === undefined ? undefined : [found];
  }
  const three = [files.train, files.valid, files.test];
  return three.every((file) => existsSync(join(folder, file))) ? three : undefined;
}

/**
 * Locates a named data set without network access.
 * @throws RecdistillError `unknown-name`
 */
export function locate(name: string): DatasetLocation {
  const entry = catalogEntry(name);
  const local = process.env.RECDISTILL_DATA;
  const candidates = [
    ...(local ? [{ where: 'local' as const, folder: join(local, entry.folder ?? name) }] : []),
    { where: 'cache' as const, folder: join(cacheFolder(), entry.folder ?? name) },
  ];
  const found = candidates.find(({ folder }) => entryFiles(entry, folder) !== undefined);
  return found ?? { where: entry.download ? 'download' : 'absent' };
}

/**
 * The folder of a named data set, downloaded to the cache if necessary.
 * @throws RecdistillError `unknown-name`, `download-failed`, or `needs-not-met` if there is no public file with a known hash
 */
export async function getDataset(name: string): Promise<string> {
  const found = locate(name);
  if ('folder' in found) return found.folder;
  const entry = catalogEntry(name);
  const { files, download: origin, folder = name } = entry;
  if (!origin) {
    const wanted = 'any' in files ? files.any.join(' or ') : [files.train, files.valid, files.test].join(', ');
    fail('needs-not-met', {
      problem: `the data set ${name} is not on this machine, and recdistill knows no public download for it`,
      hint: `Put ${wanted} into a folder named ${folder} and set RECDISTILL_DATA to its parent folder, or use --data synthetic.`,
    });
  }
  const target = join(cacheFolder(), folder);
  await download(origin, join(target, origin.file));
  return target;
}
