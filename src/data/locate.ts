/** Where named data sets lie: `$RECDISTILL_DATA`, then the cache, then their public origin. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { type CatalogEntry, catalog } from './catalog.js';
import { download } from './download.js';

/** `local`: in `$RECDISTILL_DATA`. `cache`: downloaded before. `download`: can be fetched. `absent`: must be put in place by hand. */
export type Whereabouts =
  | { readonly where: 'local' | 'cache'; readonly folder: string }
  | { readonly where: 'download' | 'absent' };

/** The cache folder: `$RECDISTILL_CACHE`, or `.cache/recdistill` in the home folder. */
export const cacheFolder = (): string => process.env.RECDISTILL_CACHE || join(homedir(), '.cache', 'recdistill');

/** The entry of a name. @throws RecdistillError `unknown-name` */
export function catalogEntry(name: string): CatalogEntry {
  const entry = Object.hasOwn(catalog, name) ? catalog[name] : undefined;
  return (
    entry ??
    fail('unknown-name', { kind: 'data set', given: name, known: ['synthetic', ...Object.keys(catalog)].join(', ') })
  );
}

/** The files of interactions that `folder` has of `entry`: one, three, or undefined if they are not there. */
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
 * Finds a named data set without touching the network.
 * @throws RecdistillError `unknown-name`
 */
export function locate(name: string): Whereabouts {
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
 * The folder of a named data set, downloaded into the cache if need be.
 * @throws RecdistillError `unknown-name`, `download-failed`, or `needs-not-met` if it has no public file that can be checked
 */
export async function getDataset(name: string): Promise<string> {
  const found = locate(name);
  if ('folder' in found) return found.folder;
  const entry = catalogEntry(name);
  const { files, download: origin, folder = name } = entry;
  if (!origin) {
    const wanted = 'any' in files ? files.any.join(' or ') : [files.train, files.valid, files.test].join(', ');
    fail('needs-not-met', {
      problem: `the data set ${name} is not on this machine and has no public file that can be checked`,
      hint: `Put ${wanted} into a folder ${folder} and set RECDISTILL_DATA to the folder that holds it, or use --data synthetic.`,
    });
  }
  const target = join(cacheFolder(), folder);
  await download(origin, join(target, origin.file));
  return target;
}
