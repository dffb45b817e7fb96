/** What a folder of the user's holds: a ready split, one file of interactions with a usual name, or files of one format. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fail } from '../errors.js';
import type { Plan } from './_plan.js';
import { isHidden, kindByName, stemOf } from './file-names.js';
import type { PlannedFile } from './files.js';
import { filesBelow } from './files-below.js';
import { refuseTwice, refuseUnlike } from './matching-files.js';
import { keysOf } from './partition-keys.js';
import { readManifest, SPLIT_MANIFEST } from './split-manifest.js';

/** A file or folder right below the folder that is looked into. */
interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The folder that is looked into. */
interface Place {
  readonly folder: string;
  /** What messages name. */
  readonly shown: string;
  /** Absolute paths of files in it that have another use. */
  readonly aside: ReadonlySet<string>;
}

const HINT =
  "Expected train, valid (it may be missing) and test, or one of interactions.*, ratings.*, u.data, NAME.inter, users.dat, or data files of one format. Name the file itself, or a pattern such as 'FOLDER/*.csv'.";

/**
 * Finds the interactions in a folder.
 * @param shown what messages name
 * @param name of the data set
 * @param aside absolute paths of files in the folder that have another use, such as labels
 * @throws RecdistillError `bad-data` if there are none, or more than one reading of what is there
 */
export async function folderPlan(
  folder: string,
  shown: string,
  name: string,
  aside: readonly string[] = [],
): Promise<Plan> {
  const place: Place = { folder, shown, aside: new Set(aside) };
  const plan = await planOf(place, name);
  const unread = await notRead(place, plan);
  return { ...plan, notes: [...(unread === undefined ? [] : [unread]), ...plan.notes] };
}

async function planOf(place: Place, name: string): Promise<Plan> {
  const { folder, shown } = place;
  const entries = await entriesOf(folder);
  const split = splitOf(shown, entries);
  if (split) return splitPlan(place, name, entries, split);
  const single = await singleOf(place, entries);
  if (single) return plainPlan(place, name, await filesOf(place, [single]));
  const [inner, second] = entries.filter((entry) => entry.isFolder);
  const files = entries.filter((entry) => !entry.isFolder && kindByName(entry.name) !== undefined);
  // An archive often has all of its files in one folder.
  if (inner && !second && files.length === 0 && !inner.name.includes('=')) {
    return planOf({ ...place, folder: join(folder, inner.name), shown: `${shown}/${inner.name}` }, name);
  }
  const all = await allFiles(place);
  refuseParts(shown, all);
  return plainPlan(place, name, all);
}

async function entriesOf(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const found = isHidden(name) ? undefined : await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile() || found?.isDirectory()) entries.push({ name, isFolder: found.isDirectory() });
  }
  return entries;
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

const PARTS = ['train', 'valid', 'test'] as const;
type Part = (typeof PARTS)[number];
type Split = Readonly<Record<Part, readonly Entry[]>>;

const WORDS: Readonly<Record<string, Part>> = {
  train: 'train',
  training: 'train',
  valid: 'valid',
  val: 'valid',
  validation: 'valid',
  dev: 'valid',
  test: 'test',
  testing: 'test',
};

const ANY_WORD = Object.keys(WORDS).join('|');
/** `train`, `ml-1m.train`, `ratings_train`, `train-00000-of-00004`. */
const PART_NAME = new RegExp(String.raw`^(?:(.+)[._-])?(${ANY_WORD})([._-]\d+(?:-of-\d+)?)?$`);

/** The entries of each part, if the folder is a ready split. @throws RecdistillError `bad-data` for half of one, or several */
function splitOf(shown: string, entries: readonly Entry[]): Split | undefined {
  const found = new Map<string, Record<Part, Entry[]>>();
  for (const entry of entries) {
    if (!entry.isFolder && kindByName(entry.name) === undefined) continue;
    const [, prefix = '', word] = PART_NAME.exec(stemOf(entry.name)) ?? [];
    if (word === undefined) continue;
    const split = found.get(prefix) ?? { train: [], valid: [], test: [] };
    split[WORDS[word]!].push(entry);
    found.set(prefix, split);
  }
  const plain = found.get('');
  const whole = [...found].filter(([, split]) => split.train.length > 0 && split.test.length > 0);
  if (!plain && whole.length > 1) {
    const names = whole.map(([prefix]) => prefix).join(', ');
    fail('bad-data', {
      path: shown,
      problem: `holds several splits: ${names}`,
      hint: 'Put each into a folder of its own.',
    });
  }
  const split = plain ?? whole[0]?.[1];
  if (!split) return undefined;
  for (const part of PARTS) checkPart(shown, part, split[part]);
  return split;
}

/** One file or folder, or the pieces of one file; valid may be missing. */
function checkPart(shown: string, part: Part, entries: readonly Entry[]): void {
  if (entries.length === 0 && part !== 'valid') {
    fail('bad-data', { path: shown, problem: `has no file of ${part}`, hint: HINT });
  }
  const pieces = new Set(entries.map((entry) => stemOf(entry.name).replace(/[._-]\d+(?:-of-\d+)?$/, '')));
  const arePieces = pieces.size === 1 && entries.every((entry) => !entry.isFolder && !pieces.has(stemOf(entry.name)));
  if (entries.length > 1 && !arePieces) {
    const names = entries.map((entry) => entry.name).join(', ');
    fail('bad-data', { path: shown, problem: `has more than one file of ${part}: ${names}`, hint: HINT });
  }
}

async function splitPlan(place: Place, name: string, entries: readonly Entry[], split: Split): Promise<Plan> {
  const { folder } = place;
  const manifest = await readManifest(folder);
  const catalogue = (file: string) => (entries.some((entry) => entry.name === file) ? join(folder, file) : undefined);
  const users = catalogue('users.tsv');
  const items = catalogue('items.tsv') ?? catalogue('item_map.tsv');
  const parts: PlannedFile[][] = [];
  for (const part of PARTS) if (split[part].length > 0) parts.push(await filesOf(place, split[part]));
  return {
    name: manifest?.name ?? name,
    folder,
    parts,
    columns: manifest?.weighted ? { weight: 'weight' } : {},
    header: manifest ? 'yes' : 'auto',
    ...(users ? { users } : {}),
    ...(items ? { items } : {}),
    ...(manifest ? { manifest, labels: { file: 'items.tsv', style: 'columns', name: ([, label = '']) => label } } : {}),
    notes: [],
  };
}

/** The files of some entries; a folder stands for all data in it, which has to be of one format. */
async function filesOf(place: Place, entries: readonly Entry[]): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  for (const { name, isFolder } of entries) {
    if (!isFolder) files.push(planned(place, name));
    else
      files.push(...(await allFiles({ ...place, folder: join(place.folder, name), shown: `${place.shown}/${name}` })));
  }
  return files;
}

const planned = ({ folder, shown }: Place, name: string): PlannedFile => ({
  path: join(folder, name),
  shown: `${shown}/${name}`,
  keys: keysOf(`${shown}/${name}`),
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
    fail('bad-data', { path: place.shown, problem: `has more than one file of interactions: ${names}`, hint: HINT });
  }
  return found[0];
}

/** Whether a `users.dat` holds lists of items (digits and blanks); MovieLens calls a table of users so. */
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
  const names = (await filesBelow(folder)).filter(
    (name) => kindByName(basename(name)) !== undefined && !aside.has(join(folder, name)),
  );
  if (names.length === 0) fail('bad-data', { path: shown, problem: 'has no file of interactions', hint: HINT });
  const kinds = new Map<string, string[]>();
  for (const name of names) {
    const kind = kindByName(basename(name))!;
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  if (kinds.size > 1) {
    const each = [...kinds].map(([kind, files]) => `${kind} (${some(files, 3)})`).join('; ');
    fail('bad-data', { path: shown, problem: `has files of several formats: ${each}`, hint: HINT });
  }
  const files = names.map((name) => planned(place, name));
  await refuseTwice(files);
  refuseUnlike(files);
  return files;
}

/** Files of train and of test that are not divided as a split is must not become one. */
function refuseParts(shown: string, files: readonly PlannedFile[]): void {
  const named = files.flatMap(({ path }) => {
    const word = PART_NAME.exec(stemOf(basename(path)))?.[2];
    return word === undefined ? [] : [{ name: basename(path), part: WORDS[word] }];
  });
  if (new Set(named.map(({ part }) => part)).size < 2) return;
  const names = named.map(({ name }) => name);
  const problem = `has files that are named after parts of a split, and is no split: ${some(names, 8)}`;
  fail('bad-data', { path: shown, problem, hint: HINT });
}

const some = (names: readonly string[], most: number): string =>
  `${names.slice(0, most).join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`;

/** Which files of the folder have no use, as a note. */
async function notRead({ folder, aside }: Place, plan: Plan): Promise<string | undefined> {
  const { parts, users, items, manifest } = plan;
  const own = manifest ? [join(plan.folder, SPLIT_MANIFEST)] : [];
  const used = new Set([...parts.flat().map((file) => file.path), users, items, ...own, ...aside]);
  const left = (await filesBelow(folder)).filter((name) => !used.has(join(folder, name)));
  return left.length === 0 ? undefined : `not read: ${some(left, 8)}`;
}
