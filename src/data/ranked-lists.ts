/** Builds ranked lists for one teacher at one checkpoint from rows sorted by user and rank. */
import { fail } from '../errors.js';
import { type Dataset, has, knownItems } from './interactions.js';
import { ListsByLength } from './lists-by-length.js';
import type { CountedExample } from './ranking-report.js';
import { inMemory, type Rankings } from './rankings.js';
import type { StagedGroup, StagedRankings } from './stage-rankings.js';

/** Shared by all groups of one file. */
export interface ListSetting {
  readonly path: string;
  readonly dataset: Dataset;
  readonly staged: StagedRankings;
  readonly order: 'rank' | 'score';
  /** Length to which lists are cut. */
  readonly depth: number;
  /** Index in the data set of each user and item of the file. -1 if it is not in the data set. */
  readonly userOf: Int32Array;
  readonly itemOf: Int32Array;
}

export interface RankedLists {
  /** Without train items: the candidate items. */
  readonly candidates: Rankings;
  /** What is needed of the last checkpoint only. */
  readonly last?: {
    /** Without train and valid items. */
    readonly test: Rankings;
    /** Train items only. */
    readonly observed: Rankings;
  };
  readonly duplicates: CountedExample;
  readonly gaps: CountedExample;
}

interface Row {
  item: number;
  value: number;
  row: number;
}

/** Lists that take fewer bytes with their padding are kept with it, which makes them faster to read. */
const SMALL = 8e6;

const padded = (lists: ListsByLength): Rankings => (4 * lists.nUsers * lists.depth < SMALL ? inMemory(lists) : lists);

/**
 * @param isLast whether it is the last checkpoint of a teacher
 * @throws RecdistillError `bad-data` if two items of a user have the same rank
 */
export async function readLists(group: number, setting: ListSetting, isLast: boolean): Promise<RankedLists> {
  const { dataset, staged, order, depth, userOf, itemOf } = setting;
  const { train, valid } = dataset;
  const known = knownItems(dataset);
  const candidates = newList(train, depth);
  const last = isLast ? { test: newList(train, depth), observed: new ListsByLength(known, depth) } : undefined;
  const where = describe(staged.groups[group]!);
  const duplicates = counter();
  const gaps = counter();
  const seen = new Int32Array(staged.items.length).fill(-1);
  let rows: Row[] = [];

  const endUser = (fileUser: number) => {
    const id = () => JSON.stringify(staged.users[fileUser]);
    if (order === 'rank') {
      checkRanks(setting, where, fileUser, rows);
      const missing = firstGap(rows);
      if (missing !== undefined) gaps.add(() => `${where}user ${id()} has no item at rank ${missing}`);
    } else {
      // The sort is stable. Items that are not in the data set are skipped below.
      rows.sort((a, b) => b.value - a.value || itemOf[a.item]! - itemOf[b.item]!);
    }
    const user = userOf[fileUser]!;
    if (user < 0) return;
    for (const { item: fileItem, row } of rows) {
      if (seen[fileItem] === fileUser) {
        duplicates.add(() => `${where}user ${id()} has ${JSON.stringify(staged.items[fileItem])} again in row ${row}`);
        continue;
      }
      seen[fileItem] = fileUser;
      const item = itemOf[fileItem]!;
      if (item < 0) continue;
      if (has(known, user, item)) last?.observed.add(user, item);
      else {
        candidates.add(user, item);
        if (last && !has(valid, user, item)) last.test.add(user, item);
      }
    }
  };

  let current = -1;
  await staged.scan(group, (user, item, value, row) => {
    if (user !== current && current >= 0) {
      endUser(current);
      rows = [];
    }
    current = user;
    rows.push({ item, value, row });
  });
  if (current >= 0) endUser(current);
  return {
    candidates: candidates.rankings,
    ...(last && { last: { test: last.test.rankings, observed: padded(last.observed) } }),
    duplicates: duplicates.found(),
    gaps: gaps.found(),
  };
}

/** Prefix of a message that names teacher and checkpoint. Empty if the file has no such columns. */
export function describe({ teacher, checkpoint }: Pick<StagedGroup, 'teacher' | 'checkpoint'>): string {
  const parts = [teacher && `teacher ${JSON.stringify(teacher)}`, checkpoint && `checkpoint ${checkpoint}`];
  const said = parts.filter((part) => part !== '').join(', ');
  return said === '' ? '' : `${said}: `;
}

/** Lists of at most `depth` items. Later items are ignored. */
function newList({ nUsers, nItems }: { nUsers: number; nItems: number }, depth: number) {
  const lengths = new Int32Array(nUsers);
  const rankings: Rankings = { nUsers, nItems: nItems, depth, items: new Int32Array(nUsers * depth).fill(-1) };
  return {
    rankings,
    add(user: number, item: number): void {
      if (lengths[user]! < depth) rankings.items[user * depth + lengths[user]!++] = item;
    },
  };
}

function counter() {
  let count = 0;
  let example: string | undefined;
  return {
    add(words: () => string): void {
      if (count++ === 0) example = words();
    },
    found: (): CountedExample => ({ count, ...(example === undefined ? {} : { example }) }),
  };
}

function checkRanks({ path, staged }: ListSetting, where: string, user: number, rows: readonly Row[]): void {
  for (let k = 1; k < rows.length; k++) {
    const [a, b] = [rows[k - 1]!, rows[k]!];
    if (a.value !== b.value || a.item === b.item) continue;
    const [first, second] = [a, b].map(({ item, row }) => `${JSON.stringify(staged.items[item])} (row ${row})`);
    fail('bad-data', {
      path,
      problem: `${where}user ${JSON.stringify(staged.users[user])} has two items at rank ${a.value}: ${first} and ${second}`,
      hint: 'The ranks of a user must be distinct within a teacher and checkpoint. If the file holds several teachers or checkpoints, set their columns with --teacher and --checkpoint.',
    });
  }
}

/** The first missing rank before the last one. */
function firstGap(rows: readonly Row[]): number | undefined {
  let expected = 1;
  for (const { value } of rows) {
    if (value > expected) return expected;
    if (value === expected) expected += 1;
  }
  return undefined;
}
