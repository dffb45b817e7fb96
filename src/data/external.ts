/** Teachers from elsewhere: a file of rankings, made by any program, becomes trajectories. Rules: docs/external-teachers.md. */
import { basename } from 'node:path';
import { parseOptions } from '../config/options.js';
import { fail } from '../errors.js';
import { badFile, withDatabase } from './duckdb.js';
import { canonicalOrder } from './ids.js';
import { type Dataset, type IdMap, itemsOf } from './interactions.js';
import { describe, type ListSetting, type RankedLists, readLists } from './ranked-lists.js';
import { mapRankingColumns } from './ranking-columns.js';
import { type RankingOptions, rankingOptions } from './ranking-options.js';
import type { Oddity, RankingReport, TeacherReport, UnknownIds } from './ranking-report.js';
import { type Rankings, rankingOf } from './rankings.js';
import { formatByName } from './read-source.js';
import { readers } from './readers/index.js';
import { openSource } from './source-file.js';
import { type StagedRankings, stageRankings } from './stage-rankings.js';
import type { Trajectory } from './trajectory.js';

export interface ExternalTeacher {
  /** As the file names it; absent without a column of teachers. */
  readonly name?: string;
  readonly trajectory: Trajectory;
  /** The last checkpoint for testing: train and valid items left out. */
  readonly rankings: Rankings;
}

export interface ExternalRankings {
  /** In canonical order of their names. */
  readonly teachers: readonly ExternalTeacher[];
  readonly report: RankingReport;
}

/** MB for DuckDB; what is more moves to a temporary folder. */
const MEMORY_MB = 256;
/** As many checkpoints as a teacher of our own may have. */
const MOST_CHECKPOINTS = 100;
const EXAMPLES = 5;

/**
 * Reads a file of rankings (CSV, TSV, JSON lines, Parquet) with the ids of the data set: columns of user, item, and rank (1 = best) or score
 * (higher is better), and, where there are any, of teacher and checkpoint.
 * @param depth length to which lists are cut, after train items were taken out
 * @throws RecdistillError `file-missing`, `bad-data` with what is wrong and where, `unknown-option`, `bad-option`, `out-of-memory`
 */
export async function readExternalRankings(
  path: string,
  dataset: Dataset,
  depth: number,
  input: Partial<RankingOptions> = {},
): Promise<ExternalRankings> {
  const options = parseOptions(rankingOptions, input, 'rankings');
  const file = await openSource(path);
  return withDatabase(async (db) => {
    try {
      const format = options.format === 'auto' ? (formatByName(file) ?? 'csv') : options.format;
      const wished = Object.values(options).filter((wish) => wish !== undefined);
      const table = await readers[format](db, { file, header: options.header, wished });
      const columns = mapRankingColumns(file.path, table, options);
      const staged = await stageRankings(db, file, table, columns);
      const { order, value, ...others } = columns;
      const names = Object.entries({ ...others, [order]: value }).map(([role, { name }]) => [role, name]);
      return await teachersOf({
        ...{ path: file.path, dataset, staged, order, depth },
        columns: Object.fromEntries(names),
        userOf: positions(staged.users, dataset.users),
        itemOf: positions(staged.items, dataset.items),
      });
    } catch (cause) {
      return badFile(file.path, cause);
    }
  }, MEMORY_MB);
}

const positions = (ids: readonly string[], { index }: IdMap): Int32Array =>
  Int32Array.from(ids, (id) => index.get(id) ?? -1);

async function teachersOf(setting: ListSetting & Pick<RankingReport, 'columns'>): Promise<ExternalRankings> {
  const { path, dataset, staged, columns } = setting;
  const unknownUsers = await unknown(staged, 'user', setting.userOf);
  const unknownItems = await unknown(staged, 'item', setting.itemOf);
  const names = [...new Set(staged.groups.map((g) => g.teacher))];
  const teachers: ExternalTeacher[] = [];
  const reports: TeacherReport[] = [];
  const oddities: { duplicates: Oddity; gaps: Oddity }[] = [];
  for (const k of canonicalOrder(names)) {
    const name = names[k]!;
    const ordered = inOrder(path, staged, name);
    const read: RankedLists[] = [];
    for (const { group } of ordered) read.push(await readLists(group, setting));
    oddities.push(...read);
    const filling = fillMissing(read.map((r) => r.candidates));
    if (filling.unranked.length === dataset.train.users) nothingUsable(setting, name, unknownUsers, unknownItems);
    const last = read.at(-1)!;
    const usersWithObserved = listsIn(last.observed);
    const teacher = name === '' ? basename(path).replace(/\..*$/, '') : name;
    teachers.push({
      ...(name === '' ? {} : { name }),
      trajectory: {
        teacher,
        dataFingerprint: dataset.fingerprint,
        checkpoints: ordered.map(({ epoch }, c) => ({ epoch, metrics: {}, rankings: filling.filled[c]! })),
        ...(usersWithObserved > 0 ? { observed: last.observed } : {}),
      },
      rankings: forTesting(last.test, filling.filled.at(-1)!, last.candidates, dataset),
    });
    reports.push({
      teacher,
      checkpoints: ordered.map(({ epoch, group }, c) => {
        const { checkpoint, rows } = staged.groups[group]!;
        const lists = read[c]!.candidates;
        return {
          ...(checkpoint === '' ? {} : { checkpoint }),
          ...{ epoch, rows, users: listsIn(lists), filled: filling.counts[c]! },
          shorter: shorterIn(lists, dataset),
        };
      }),
      usersWithoutRanking: {
        count: filling.unranked.length,
        examples: filling.unranked.slice(0, EXAMPLES).map((u) => dataset.users.ids[u]!),
      },
      usersWithObserved,
    });
  }
  const sum = (what: 'duplicates' | 'gaps'): Oddity => {
    const example = oddities.find((o) => o[what].count > 0)?.[what].example;
    const count = oddities.reduce((total, o) => total + o[what].count, 0);
    return { count, ...(example === undefined ? {} : { example }) };
  };
  return {
    teachers,
    report: {
      ...{ path, columns, rows: staged.rows, unknownUsers, unknownItems },
      ...{ duplicates: sum('duplicates'), gaps: sum('gaps'), teachers: reports },
    },
  };
}

/**
 * The groups of a teacher from the earliest checkpoint to the last: by number if all are numbers, else by code point. Whole numbers are
 * the epochs themselves; otherwise checkpoints count 1, 2, ...
 */
function inOrder(path: string, staged: StagedRankings, teacher: string): { group: number; epoch: number }[] {
  const own = staged.groups.flatMap((g, group) => (g.teacher === teacher ? [{ group, label: g.checkpoint }] : []));
  if (own.length > MOST_CHECKPOINTS) {
    const problem = `${describe({ teacher, checkpoint: '' })}${own.length} checkpoints; at most ${MOST_CHECKPOINTS} are accepted`;
    fail('bad-data', { path, problem, hint: 'Keep a few that are spread up to the best one; four are usual.' });
  }
  const place = canonicalOrder(own.map(({ label }) => label));
  const ordered = Array.from(place, (k) => own[k]!);
  const isNumber = ({ label }: { label: string }) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(label);
  if (ordered.every(isNumber)) ordered.sort((a, b) => Number(a.label) - Number(b.label));
  const epochs = ordered.map(({ label }) => (label === '' ? Number.NaN : Number(label)));
  const whole = epochs.every((e, k) => Number.isSafeInteger(e) && e >= 0 && (k === 0 || e > epochs[k - 1]!));
  return ordered.map(({ group }, k) => ({ group, epoch: whole ? epochs[k]! : k + 1 }));
}

const isEmpty = ({ items, depth }: Rankings, user: number): boolean => items[user * depth] === -1;

function listsIn(r: Rankings): number {
  let lists = 0;
  for (let u = 0; u < r.users; u++) lists += Number(!isEmpty(r, u));
  return lists;
}

function shorterIn(r: Rankings, { train }: Dataset): number {
  let shorter = 0;
  for (let u = 0; u < r.users; u++) {
    const could = Math.min(r.depth, train.items - itemsOf(train, u).length);
    const { length } = rankingOf(r, u);
    shorter += Number(length > 0 && length < could);
  }
  return shorter;
}

/** A user whom a checkpoint lacks gets the list of the nearest one that has the user; of two equally near, the earlier. */
function fillMissing(lists: readonly Rankings[]): { filled: Rankings[]; counts: number[]; unranked: number[] } {
  const { users, depth } = lists[0]!;
  const filled = lists.map((r) => ({ ...r, items: r.items.slice() }));
  const counts = lists.map(() => 0);
  const unranked: number[] = [];
  for (let u = 0; u < users; u++) {
    const having = lists.flatMap((r, c) => (isEmpty(r, u) ? [] : [c]));
    if (having.length === 0) unranked.push(u);
    if (having.length === 0 || having.length === lists.length) continue;
    for (let c = 0; c < lists.length; c++) {
      const near = having.reduce((a, b) => (Math.abs(b - c) < Math.abs(a - c) ? b : a));
      if (near === c) continue;
      filled[c]!.items.set(lists[near]!.items.subarray(u * depth, (u + 1) * depth), u * depth);
      counts[c]! += 1;
    }
  }
  return { filled, counts, unranked };
}

/** Lists for testing; of a user whom the last checkpoint lacks, the list that filled the gap, without valid items. */
function forTesting(test: Rankings, filled: Rankings, last: Rankings, { valid }: Dataset): Rankings {
  const items = test.items.slice();
  for (let u = 0; u < test.users; u++) {
    if (!isEmpty(last, u) || isEmpty(filled, u)) continue;
    const held = new Set(itemsOf(valid, u));
    items.set(
      rankingOf(filled, u).filter((item) => !held.has(item)),
      u * test.depth,
    );
  }
  return { ...test, items };
}

async function unknown(staged: StagedRankings, what: 'user' | 'item', known: Int32Array): Promise<UnknownIds> {
  const ids = what === 'user' ? staged.users : staged.items;
  const missing = known.includes(-1) ? await staged.countBy(what) : [];
  const found = missing.flatMap(({ rows, first }, k) => (known[k] === -1 ? [{ id: ids[k]!, rows, first }] : []));
  found.sort((a, b) => a.first - b.first);
  return {
    ids: found.length,
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    examples: found.slice(0, EXAMPLES).map(({ id }) => id),
  };
}

function nothingUsable(
  { path, dataset: { users, items } }: ListSetting,
  teacher: string,
  unknownUsers: UnknownIds,
  unknownItems: UnknownIds,
): never {
  const strangers = [
    ...(unknownUsers.ids > 0
      ? [`${unknownUsers.ids} unknown users, such as ${JSON.stringify(unknownUsers.examples[0])}`]
      : []),
    ...(unknownItems.ids > 0
      ? [`${unknownItems.ids} unknown items, such as ${JSON.stringify(unknownItems.examples[0])}`]
      : []),
  ];
  const why = strangers.length > 0 ? `; the file has ${strangers.join(' and ')}` : '';
  return fail('bad-data', {
    path,
    problem: `${describe({ teacher, checkpoint: '' })}nothing can be used: no known user has a known item that is not in train${why}`,
    hint: `Use the ids of the data set as its source spells them: users such as ${JSON.stringify(users.ids[0])}, items such as ${JSON.stringify(items.ids[0])}.`,
  });
}
