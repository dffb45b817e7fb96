/** Identifies the parts of a ready split by the names of files and folders. */
import { fail } from '../errors.js';
import { kindByName, stemOf } from './file-names.js';

/** A direct entry of the folder that is read. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The contents that a folder may have, for hints. */
export const FOLDER_HINT =
  "Expected train, valid (optional) and test, or one of interactions.*, ratings.*, u.data, NAME.inter, users.dat, or data files of one format. Give the file itself, or a pattern such as 'FOLDER/*.csv'.";

export const PARTS = ['train', 'valid', 'test'] as const;
type Part = (typeof PARTS)[number];
export type Split = Readonly<Record<Part, readonly Entry[]>> & {
  /** Histories of users who are held out whole. */
  readonly foldIn?: Entry;
};

/** The name of the file with the histories of users who are held out whole. */
export const FOLD_IN_NAME = 'fold-in';

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

/** The entries of each part, if the folder is a ready split. @throws RecdistillError `bad-data` for an incomplete split, or several */
export function splitOf(shown: string, entries: readonly Entry[]): Split | undefined {
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
      problem: `contains several splits: ${names}`,
      hint: 'Put each into its own folder.',
    });
  }
  const split = plain ?? whole[0]?.[1];
  if (!split) return undefined;
  for (const part of PARTS) checkPart(shown, part, split[part]);
  const foldIn = entries.find(({ name, isFolder }) => !isFolder && isFoldIn(name));
  return foldIn ? { ...split, foldIn } : split;
}

const isFoldIn = (name: string): boolean => kindByName(name) !== undefined && stemOf(name) === FOLD_IN_NAME;

/** A part must be one file or folder, or the pieces of one file. Valid may be missing. */
function checkPart(shown: string, part: Part, entries: readonly Entry[]): void {
  if (entries.length === 0 && part !== 'valid') {
    fail('bad-data', { path: shown, problem: `has no file for ${part}`, hint: FOLDER_HINT });
  }
  const pieces = new Set(entries.map((entry) => stemOf(entry.name).replace(/[._-]\d+(?:-of-\d+)?$/, '')));
  const arePieces = pieces.size === 1 && entries.every((entry) => !entry.isFolder && !pieces.has(stemOf(entry.name)));
  if (entries.length > 1 && !arePieces) {
    const names = entries.map((entry) => entry.name).join(', ');
    fail('bad-data', { path: shown, problem: `has more than one file for ${part}: ${names}`, hint: FOLDER_HINT });
  }
}

/** The part that a file name indicates, if any. */
export function partByName(name: string): Part | undefined {
  const word = PART_NAME.exec(stemOf(name))?.[2];
  return word === undefined ? undefined : WORDS[word];
}
