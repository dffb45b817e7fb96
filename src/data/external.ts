/** External teachers: converts a file of rankings, written by any program, to trajectories. Rules: docs/external-teachers.md. */
import { basename } from 'node:path';
import { fail } from '../errors.js';
import { type OptionsInput, parseOptions } from '../options/options.js';
import { badFile, withDatabase } from './duckdb.js';
import { fillMissing, forTesting, listsIn, shorterIn } from './fill-lists.js';
import { formatByName } from './format-of.js';
import { canonicalOrder } from './ids.js';
import type { Dataset, IdMap } from './interactions.js';
import { describe, type ListSetting, type RankedLists, readLists } from './ranked-lists.js';
import { mapRankingColumns } from './ranking-columns.js';
import { rankingOptions } from './ranking-options.js';
import type { CheckpointReport, CountedExample, RankingReport, TeacherReport, UnknownIds } from './ranking-report.js';
import type { Rankings } from './rankings.js';
import { readTable } from './readers/index.js';
import { openSource } from './source-file.js';
import { type StagedRankings, stageRankings } from './stage-rankings.js';
import type { Trajectory } from './trajectory.js';

export interface ExternalTeacher {
  /** Name in the file. Absent if the file has no teacher column. */
  readonly name?: string;
  readonly trajectory: Trajectory;
  /** Rankings of the last checkpoint for testing: train and valid items removed. */
  readonly rankings: Rankings;
}

export interface ExternalRankings {
  /** In canonical order of the names. */
  readonly teachers: readonly ExternalTeacher[];
  readonly report: RankingReport;
}

/** Memory limit of DuckDB in MB. The rest spills to a temporary folder. */
const MEMORY_MB = 256;
/** Maximum number of checkpoints, the same as for a teacher trained here. */
const MAX_CHECKPOINTS = 100;
const EXAMPLES = 5;

/**
 * Reads a file of rankings (CSV, TSV, JSON lines, Parquet) that uses the ids of the data set. Columns: user, item, and
 * rank (1 = best) or score (higher is better); optionally teacher and checkpoint.
 * @param depth length to which lists are cut, after train items are removed
 * @throws RecdistillError `file-missing`, `bad-data` with the problem and its place, `unknown-option`, `bad-option`, `out-of-memory`
 */
export async function readExternalRankings(
  path: string,
  dataset: Dataset,
  depth: number,
  input: OptionsInput<typeof rankingOptions> = {},
): Promise<ExternalRankings> {
  const options = parseOptions(rankingOptions, input, 'rankings');
  return withDatabase(
    async (db) => {
      const file = await openSource(path, { folder: db.folder });
      try {
        const format = options.format === 'auto' ? (formatByName(file) ?? 'csv') : options.format;
        const { user, item, rank, score, teacher, checkpoint } = options;
        const givenNames = [user, item, rank, score, teacher, checkpoint].filter((name) => name !== undefined);
        const table = await readTable(format, db, { file, header: options.header, givenNames });
        const columns = mapRankingColumns(file.shown, table, options);
        const staged = await stageRankings(db, file, table, columns, options.missing);
        const { order, value, ...others } = columns;
        const names = Object.entries({ ...others, [order]: value }).map(([role, { name }]) => [role, name]);
        return await teachersOf({
          ...{ path: file.shown, dataset, staged, order, depth },
          columns: Object.fromEntries(names),
          userOf: positions(staged.users, dataset.users),
          itemOf: positions(staged.items, dataset.items),
        });
      } catch (cause) {
        return badFile(file.shown, cause);
      }
    },
    MEMORY_MB,
    { what: 'reading rankings' },
  );
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
  const oddities: { duplicates: CountedExample; gaps: CountedExample }[] = [];
  for (const k of canonicalOrder(names)) {
    const name = names[k]!;
    const ordered = inOrder(path, staged, name);
    const read: RankedLists[] = [];
    for (const { group } of ordered) read.push(await readLists(group, setting, group === ordered.at(-1)!.group));
    oddities.push(...read);
    const filling = fillMissing(read.map((r) => r.candidates));
    if (filling.unranked.length === dataset.train.nUsers) nothingUsable(setting, name, unknownUsers, unknownItems);
    const { candidates, last } = read.at(-1)!;
    const { test, observed } = last!;
    const usersWithObserved = listsIn(observed);
    const teacher = name === '' ? basename(path).replace(/\..*$/, '') : name;
    teachers.push({
      ...(name === '' ? {} : { name }),
      trajectory: {
        teacher,
        dataFingerprint: dataset.fingerprint,
        checkpoints: ordered.map(({ epoch }, c) => ({ epoch, metrics: {}, rankings: filling.filled[c]! })),
        ...(usersWithObserved > 0 ? { observed } : {}),
      },
      rankings: forTesting(test, filling.filled.at(-1)!, candidates, dataset),
    });
    reports.push({
      teacher,
      checkpoints: ordered.map(({ epoch, group }, c) =>
        checkpointReport(setting, group, epoch, read[c]!.candidates, filling.counts[c]!),
      ),
      usersWithoutRanking: {
        count: filling.unranked.length,
        examples: filling.unranked.slice(0, EXAMPLES).map((u) => dataset.users.ids[u]!),
      },
      usersWithObserved,
    });
  }
  return {
    teachers,
    report: {
      ...{ path, columns, rows: staged.rows, unknownUsers, unknownItems, teachers: reports },
      duplicates: together(oddities.map((o) => o.duplicates)),
      gaps: together(oddities.map((o) => o.gaps)),
    },
  };
}

function checkpointReport(
  { staged, dataset }: ListSetting,
  group: number,
  epoch: number,
  lists: Rankings,
  filled: number,
): CheckpointReport {
  const { checkpoint, rows } = staged.groups[group]!;
  return {
    ...(checkpoint === '' ? {} : { checkpoint }),
    ...{ epoch, rows, nUsers: listsIn(lists), filled, shorter: shorterIn(lists, dataset) },
  };
}

function together(oddities: readonly CountedExample[]): CountedExample {
  const example = oddities.find((o) => o.count > 0)?.example;
  const count = oddities.reduce((total, o) => total + o.count, 0);
  return { count, ...(example === undefined ? {} : { example }) };
}

/**
 * The groups of a teacher, earliest checkpoint first. They are sorted by number if all labels are numbers, or have the
 * same text around a number (`epoch-9`, `epoch-10`); else by code point. Whole numbers are used as epochs; other
 * checkpoints are numbered 1, 2, ...
 */
function inOrder(path: string, staged: StagedRankings, teacher: string): { group: number; epoch: number }[] {
  const own = staged.groups.flatMap((g, group) => (g.teacher === teacher ? [{ group, label: g.checkpoint }] : []));
  if (own.length > MAX_CHECKPOINTS) {
    const problem = `${describe({ teacher, checkpoint: '' })}${own.length} checkpoints; at most ${MAX_CHECKPOINTS} are allowed`;
    fail('bad-data', { path, problem, hint: 'Keep a few checkpoints from early to best. Four are typical.' });
  }
  const ordered = Array.from(canonicalOrder(own.map(({ label }) => label)), (k) => own[k]!);
  const numbers = numbersIn(ordered.map(({ label }) => label));
  if (!numbers) return ordered.map(({ group }, k) => ({ group, epoch: k + 1 }));
  const numbered = ordered.map(({ group }, k) => ({ group, epoch: numbers[k]! })).sort((a, b) => a.epoch - b.epoch);
  const whole = numbered.every(
    ({ epoch: e }, k) => Number.isSafeInteger(e) && e >= 0 && (k === 0 || e > numbered[k - 1]!.epoch),
  );
  return whole ? numbered : numbered.map(({ group }, k) => ({ group, epoch: k + 1 }));
}

/** The number in each label, if the text around it is the same in all labels. */
function numbersIn(labels: readonly string[]): number[] | undefined {
  const parts = labels.map(
    (label) => /^([+-]?\d+\.?\d*(?:e[+-]?\d+)?)$/i.exec(label) ?? /^(?<before>\D*)(\d+)(?<after>\D*)$/.exec(label),
  );
  const around = (part: RegExpExecArray | null) =>
    part && JSON.stringify([part.groups?.before ?? '', part.groups?.after ?? '']);
  if (parts.some((part) => part === null || around(part) !== around(parts[0]!))) return undefined;
  return parts.map((part) => Number(part!.groups ? part![2] : part![1]));
}

async function unknown(staged: StagedRankings, what: 'user' | 'item', known: Int32Array): Promise<UnknownIds> {
  const ids = what === 'user' ? staged.users : staged.items;
  const rows = known.includes(-1) ? await staged.countBy(what) : [];
  const missing = Array.from(rows.keys()).filter((k) => known[k] === -1);
  return {
    ids: missing.length,
    rows: missing.reduce((sum, k) => sum + rows[k]!, 0),
    examples: missing.slice(0, EXAMPLES).map((k) => ids[k]!),
  };
}

function nothingUsable(
  { path, dataset: { users, items } }: ListSetting,
  teacher: string,
  unknownUsers: UnknownIds,
  unknownItems: UnknownIds,
): never {
  const strangers = Object.entries({ users: unknownUsers, items: unknownItems }).flatMap(([what, { ids, examples }]) =>
    ids > 0 ? [`unknown ${what} (${ids}, such as ${JSON.stringify(examples[0])})`] : [],
  );
  const why = strangers.length > 0 ? `; the file has ${strangers.join(' and ')}` : '';
  return fail('bad-data', {
    path,
    problem: `${describe({ teacher, checkpoint: '' })}no usable row: no known user has a known item that is not in train${why}`,
    hint: `Use the ids exactly as in the source of the data set: users such as ${JSON.stringify(users.ids[0])}, items such as ${JSON.stringify(items.ids[0])}.`,
  });
}
