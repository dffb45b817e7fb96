/** Reads a given folder as a ready split, as one file of interactions with a usual name, or as files of one format. */

import { open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import type { Plan } from './_plan.js';
import { kindByName, someNames, stemOf } from './file-names.js';
import type { PlannedFile } from './files.js';
import { entriesIn, filesBelow } from './files-below.js';
import { refuseTwice, refuseUnlike } from './matching-files.js';
import { type OwnFolder, writtenBy } from './own-folders.js';
import { keysOf } from './partition-keys.js';
import { readManifest, SPLIT_MANIFEST } from './split-manifest.js';
import { type Entry, FOLDER_HINT, PARTS, partByName, type Split, splitOf } from './split-names.js';

/** The folder to read. */
interface Place {
  readonly folder: string;
  /** Name used in messages. */
  readonly shown: string;
  /** Absolute paths of files in the folder with another purpose, such as labels. */
  readonly aside: ReadonlySet<string>;
}

/**
 * Finds the interactions in a folder.
 * @param shown name used in messages
 * @param name name of the data set
 * @param aside absolute paths of files in the folder with another purpose, such as labels
 * @throws RecdistillError `bad-data` if there are none, or if the folder is ambiguous
 */
export async function folderPlan(
  folder: string,
  shown: string,
  name: string,
  aside: readonly string[] = [],
): Promise<Plan> {
  const own = await writtenBy(folder);
  if (own !== undefined && own !== 'split') {
    const hint = 'Give the data that it was made from. In a run, data.json names it.';
    fail('bad-data', { path: shown, problem: `is ${OWN[own]} that recdistill wrote, not a data set`, hint });
  }
  const place: Place = { folder, shown, aside: new Set(aside) };
  const plan = await planOf(place, name);
  const unread = await notRead(place, plan);
  return unread === undefined ? plan : { ...plan, leftOut: [unread] };
}

const OWN = {
  ...{ run: 'a run', student: 'a student', export: 'an export', split: 'a split', data: 'a stored data set' },
} as const satisfies Record<OwnFolder, string>;

/** The data files of a folder, without those in output folders of recdistill. */
async function dataBelow(folder: string): Promise<string[]> {
  const files = await filesBelow(folder, async (path) => (await writtenBy(join(folder, path))) !== undefined);
  return files.filter((name) => kindByName(basename(name)) !== undefined);
}

async function planOf(place: Place, name: string): Promise<Plan> {
  const { folder, shown } = place;
  const { entries, splits } = await entriesOf(folder);
  const split = splitOf(shown, entries);
  if (split) return splitPlan(place, name, entries, split);
  const single = await singleOf(place, entries);
  if (single) return plainPlan(place, name, await filesOf(place, [single]));
  const [inner, second] = await foldersOfData(folder, entries, splits);
  const files = entries.filter((entry) => !entry.isFolder && kindByName(entry.name) !== undefined);
  // An archive often holds a single top-level folder.
  if (inner !== undefined && second === undefined && files.length === 0 && !inner.includes('=')) {
    return planOf({ ...place, folder: join(folder, inner), shown: `${shown}/${inner}` }, name);
  }
  const all = await allFiles(place);
  refuseParts(shown, all);
  return plainPlan(place, name, all);
}

/** The visible entries of a folder without output folders of recdistill. Splits that recdistill wrote are returned apart. */
async function entriesOf(folder: string): Promise<{ entries: Entry[]; splits: string[] }> {
  const entries: Entry[] = [];
  const splits: string[] = [];
  for (const { name } of await entriesIn(folder)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    const own = found?.isDirectory() ? await writtenBy(join(folder, name)) : undefined;
    if (own === 'split') splits.push(name);
    if (own !== undefined) continue;
    if (found?.isFile() || found?.isDirectory()) entries.push({ name, isFolder: found.isDirectory() });
  }
  return { entries, splits };
}

/** The folders that may hold data. Splits that recdistill wrote count only if there is nothing else. */
async function foldersOfData(folder: string, entries: readonly Entry[], splits: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const { name, isFolder } of entries) {
    if (isFolder && (await dataBelow(join(folder, name))).length > 0) folders.push(name);
  }
  return folders.length > 0 ? folders : [...splits];
}

const plainPlan = ({ folder }: Place, name: string, files: readonly PlannedFile[]): Plan => ({
  name,
  folder,
  parts: [files],
  columns: {},
  header: 'auto',
  notes: [],
});

// --- a ready split -----------------------------------------------------------------------------------------------------

async function splitPlan(place: Place, name: string, entries: readonly Entry[], split: Split): Promise<Plan> {
  const { folder } = place;
  const manifest = readManifest(folder);
  const catalogue = (file: string) => (entries.some((entry) => entry.name === file) ? join(folder, file) : undefined);
  const users = catalogue('users.tsv');
  const items = catalogue('items.tsv') ?? catalogue('item_map.tsv');
  const parts: PlannedFile[][] = [];
  for (const part of PARTS) if (split[part].length > 0) parts.push(await filesOf(place, split[part]));
  if (split.foldIn) parts.push(await filesOf(place, [split.foldIn]));
  return {
    name: manifest?.name ?? name,
    folder,
    parts,
    ...(split.foldIn ? { foldIn: true as const } : {}),
    columns: manifest?.weighted ? { weight: 'weight' } : {},
    header: manifest ? 'yes' : 'auto',
    ...defined({ users, items }),
    ...(manifest ? { manifest, labels: { file: 'items.tsv', style: 'columns', name: ([, label = '']) => label } } : {}),
    notes: [],
  };
}

/** The files of some entries. A folder means all data in it, which must be of one format. */
async function filesOf(place: Place, entries: readonly Entry[]): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  for (const { name, isFolder } of entries) {
    if (!isFolder) files.push(planned(place, name));
    else {
      const within = { ...place, folder: join(place.folder, name), shown: `${place.shown}/${name}` };
      for (const file of await allFiles(within)) files.push(file);
    }
  }
  return files;
}

const planned = ({ folder, shown }: Place, name: string): PlannedFile => ({
  path: join(folder, name),
  shown: `${shown}/${name}`,
  keys: keysOf(name),
});

// --- one file with a usual name ----------------------------------------------------------------------------------------

async function singleOf(place: Place, entries: readonly Entry[]): Promise<Entry | undefined> {
  const found: Entry[] = [];
  for (const entry of entries) {
    const { name } = entry;
    const kind = kindByName(name);
    if (kind === undefined || place.aside.has(join(place.folder, name))) continue;
    if (/^(?:interactions|ratings)$/.test(stemOf(name)) || /^u\.data$|\.inter(?:$|\.)/i.test(name)) found.push(entry);
    else if (/^users\.dat$/i.test(name) && (await holdsLists(join(place.folder, name)))) found.push(entry);
  }
  if (found.length > 1) {
    const names = found.map((entry) => entry.name).join(', ');
    fail('bad-data', {
      path: place.shown,
      problem: `has more than one file of interactions: ${names}`,
      hint: FOLDER_HINT,
    });
  }
  return found[0];
}

/** Whether a `users.dat` holds lists of items (digits and whitespace). In MovieLens it is a table of users. */
async function holdsLists(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return /^[\d\s]+$/.test(buffer.toString('latin1', 0, bytesRead));
  } finally {
    await file.close();
  }
}

// --- all files of one format -------------------------------------------------------------------------------------------

async function allFiles(place: Place): Promise<PlannedFile[]> {
  const { folder, shown, aside } = place;
  const names = (await dataBelow(folder)).filter((name) => !aside.has(join(folder, name)));
  if (names.length === 0) fail('bad-data', { path: shown, problem: await nothingIn(folder), hint: FOLDER_HINT });
  const kinds = new Map<string, string[]>();
  for (const name of names) {
    const kind = kindByName(basename(name))!;
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  if (kinds.size > 1) {
    const each = [...kinds].map(([kind, files]) => `${kind} (${someNames(files, 3)})`).join('; ');
    fail('bad-data', { path: shown, problem: `has files of several formats: ${each}`, hint: FOLDER_HINT });
  }
  const files = names.map((name) => planned(place, name));
  await refuseTwice(files);
  refuseUnlike(files);
  return files;
}

/** Files named after parts that do not form a split must not be read as one set of interactions. */
function refuseParts(shown: string, files: readonly PlannedFile[]): void {
  const named = files.flatMap(({ path }) => {
    const [name, part] = [basename(path), partByName(basename(path))];
    return part === undefined ? [] : [{ name, part }];
  });
  if (new Set(named.map(({ part }) => part)).size < 2) return;
  const names = named.map(({ name }) => name);
  const problem = `has files named like parts of a split, but is not a complete split: ${someNames(names, 8)}`;
  fail('bad-data', { path: shown, problem, hint: FOLDER_HINT });
}

/** Maximum number of folders that a message lists by name. */
const NAMED = 8;

async function nothingIn(folder: string): Promise<string> {
  const own = await ownFoldersIn(folder);
  const but = own.length === 0 ? '' : `, but ${own.length} that recdistill wrote: ${someNames(own, NAMED)}`;
  return `has no file of interactions${but}`;
}

/** Output folders of recdistill, by their paths relative to `folder`. */
async function ownFoldersIn(folder: string, used?: string): Promise<string[]> {
  const own: string[] = [];
  await filesBelow(folder, async (path) => {
    if (join(folder, path) === used || (await writtenBy(join(folder, path))) === undefined) return false;
    own.push(path);
    return true;
  });
  return own.sort();
}

/** A note about the files and folders that are not read. */
async function notRead({ folder, aside }: Place, plan: Plan): Promise<string | undefined> {
  const { parts, users, items, manifest } = plan;
  const manifests = manifest ? [join(plan.folder, SPLIT_MANIFEST)] : [];
  const used = new Set([...parts.flat().map((file) => file.path), users, items, ...manifests, ...aside]);
  const own = await ownFoldersIn(folder, plan.folder);
  const isOwn = async (path: string) => own.includes(path);
  const left = (await filesBelow(folder, isOwn)).filter((name) => !used.has(join(folder, name)));
  const what = left.length === 0 ? [] : [someNames(left, NAMED)];
  if (own.length === 1) what.push(`a folder that recdistill wrote (${own[0]})`);
  if (own.length > 1) what.push(`${own.length} folders that recdistill wrote (${someNames(own, NAMED)})`);
  return what.length === 0 ? undefined : `not read: ${what.join('; ')}`;
}
