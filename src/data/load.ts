/** Loads a data set that is ready for training. */

import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { type DataMemory, dataMemory } from '../memory/index.js';
import { type OptionsInput, parseOptions } from '../options/options.js';
import { busyInParts, createProgress, runInParts, runSync, within } from '../progress.js';
import { withDatabase } from './duckdb.js';
import { fingerprintOf } from './fingerprint.js';
import { hideInteractions } from './hide.js';
import { idMap } from './ids.js';
import { count, type Dataset, type Interactions } from './interactions.js';
import { type LabelMatch, type LabelReport, labelLines, labelReport, refuseUnmatched } from './label-match.js';
import type { LeakageFinding } from './leakage.js';
import { type DataOptions, dataOptions } from './options.js';
import type { pairOptions } from './pair-options.js';
import { isMerged, type Pairs, type PartRows, rowsIn } from './pairs.js';
import { planSource } from './plan.js';
import { rated } from './prepare.js';
import { preparingGiven } from './prepare-given.js';
import { preparingRaw } from './prepare-raw.js';
import { type ReadSource, readSource } from './read-source.js';
import { numberRows, type Row } from './rows.js';
import { spellingWarnings } from './similar-ids.js';
import { checkSplitFiles, type SplitManifest } from './split-manifest.js';
import type { Parts } from './splits/_split.js';
import { openDataset } from './stored/lazy.js';
import { storedData } from './stored-data.js';
import { parseSynthetic, synthesizing, syntheticMemory } from './synthetic.js';
import { checkUnknownIds } from './unknown-ids.js';

export interface LoadedDataset extends Dataset {
  /** Leakage between the parts before they were made disjoint. */
  readonly leakage: readonly LeakageFinding[];
  /** Possible problems of data that could be read. Shown by every command. */
  readonly warnings: readonly string[];
  /** The subset of `notes` about skipped files, rows, users and items. Shown by every command. */
  readonly leftOut: readonly string[];
  /** How well the file of item names matches, if there is one. */
  readonly labelReport?: LabelReport;
}

/** Filtering, splitting and hashing a row takes about as long as writing so many bytes. */
const ROW_BYTES = 300;

/** A source with the metadata of its origin. */
interface Origin {
  readonly name: string;
  readonly source: ReadSource;
  readonly minUser: number;
  readonly memory: DataMemory;
  readonly manifest?: SplitManifest;
}

/** MB of memory of the database while it reads; the rest is on disk. */
const READING_MB = 512;

/** HetComp's minimum: a user with fewer than five interactions has no valid and test items in a 60/20/20 split. */
const MIN_USER = 5;

/**
 * Loads a data set: locates, reads, filters and splits the source, and makes the parts disjoint. One that is in a store (`recdistill data store`) is
 * opened: its interactions are read when they are asked for.
 * @param input any of `dataOptions`; the others have their defaults
 * @throws RecdistillError for invalid options, files or data; see docs/data.md
 */
export async function loadDataset(input: OptionsInput<typeof dataOptions> = {}): Promise<LoadedDataset> {
  const options = parseOptions(dataOptions, input, 'data');
  const stored = await storedData(options);
  if (stored !== undefined) return openDataset(stored, { leakage: [], warnings: [], leftOut: [] });
  checkRatios(options.ratios);
  const origin = await originOf(options, usesSplit(options));
  const step = createProgress().task('preparing data');
  return await busyInParts(makingDataset(origin, options), step, { bytes: ROW_BYTES * rowsOf(origin.source) });
}

/** Options that apply to rows in memory: those of filters and split. */
const OF_ROWS = [
  ...(['minRating', 'weightScale', 'minUser', 'minItem', 'core'] as const),
  ...(['split', 'ratios', 'foldInShare', 'holdOut', 'splitSeed', 'coldItems', 'hiddenShare'] as const),
];

export type RowOptions = Pick<OptionsInput<typeof dataOptions>, (typeof OF_ROWS)[number]>;

/**
 * Makes a data set from rows in memory, filtered and split like data from a file.
 * @throws RecdistillError `bad-data` for an invalid row, `usage` for an option that does not apply, `unknown-option`, `bad-option`
 */
export function loadRows(rows: Iterable<Row>, input: RowOptions = {}): LoadedDataset {
  const options = parseOptions(dataOptions, input, 'data');
  const unused = Object.keys(input).find((name) => !OF_ROWS.some((known) => known === name));
  if (unused)
    fail('usage', {
      problem: `${unused} does not apply to rows in memory`,
      hint: `Options that apply: ${OF_ROWS.join(', ')}.`,
    });
  const source = { ...numberRows(rows), leftOut: [], notes: [] };
  if (options.minRating !== undefined && !source.parts[0]!.ratings)
    fail('usage', {
      problem: 'minRating is set, but the rows have no rating',
      hint: 'Give each row a rating, or remove minRating.',
    });
  const memory = memoryOfSource(source, 'memory');
  return runSync(makingDataset({ name: 'rows', source, minUser: MIN_USER, memory }, options));
}

/** Interactions as read, neither filtered nor split. */
export interface ReadPairs {
  readonly users: readonly string[];
  readonly items: readonly string[];
  /** Indices into `users` and `items`. */
  readonly pairs: Pick<Pairs, 'users' | 'items'>;
  /** How the files were read: columns, numbers of rows, what was left out. */
  readonly notes: readonly string[];
}

/**
 * Reads the users and items of a file or folder. The parts of a split are pooled. Times are not read.
 * @throws RecdistillError `bad-option`, and for files that cannot be read, as `loadDataset`
 */
export async function readPairs(data: string, reading: OptionsInput<typeof pairOptions> = {}): Promise<ReadPairs> {
  const time = parseSynthetic(data) ? {} : { time: 'none' };
  const options = parseOptions(dataOptions, { ...reading, ...time, data: [data] }, 'data');
  const { users, items, parts, notes } = (await originOf(options, false)).source;
  const log = [...notes];
  const pairs = pairsOf(rated(parts[0]!, options, log));
  if (pairs.users.length > 0) return { users, items, pairs, notes: log };
  const problem = `no row has a rating of at least ${options.minRating}`;
  return fail('bad-data', { path: data, problem, hint: 'Lower --min-rating, or leave it out.' });
}

function pairsOf(part: PartRows): ReadPairs['pairs'] {
  if (!isMerged(part)) return part;
  const { nUsers, indptr, indices } = part.interactions;
  const users = new Int32Array(indices.length);
  for (let u = 0; u < nUsers; u++) users.fill(u, indptr[u]!, indptr[u + 1]!);
  return { users, items: indices };
}

/** Whether a ready split is used as it is. */
const usesSplit = ({ split }: DataOptions): boolean => split === 'auto' || split === 'given';

function* makingDataset(
  { name, source, minUser, memory, manifest }: Origin,
  options: DataOptions,
): Generator<number, LoadedDataset> {
  const ratios = checkRatios(options.ratios);
  if (options.labels !== undefined && source.names) refuseUnmatched(source.names);
  const ready = source.parts.length > 1;
  if (options.split === 'given' && !ready) {
    const hint = 'Choose --split ratio, leave-one-out, time or users, or give a folder with train, valid and test.';
    fail('usage', { problem: `${name} is not a ready split, so the split "given" is not possible`, hint });
  }
  const keep = ready && usesSplit(options);
  // A split that recdistill wrote was checked when it was written.
  const warnings = [...spellingWarnings(source), ...(keep && !manifest ? checkUnknownIds(name, source, options) : [])];
  yield 0.1;
  const preparing = keep ? preparingGiven(name, source, options) : preparingRaw(name, source, options, minUser, ratios);
  const prepared = yield* within(preparing, 0.1, 0.8);
  const { users, items, parts, labels, leakage, notes } = prepared;
  warnings.push(...prepared.warnings);
  const fingerprint = fingerprintOf(users, items, parts);
  yield 0.9;
  if (keep && manifest && isAsWritten(options)) {
    checkManifest(String(options.data), manifest, fingerprint);
  }
  const { hiddenShare, splitSeed } = options;
  const found = hiddenShare > 0 ? hideInteractions(parts.train, hiddenShare, splitSeed) : undefined;
  const train = found?.train ?? parts.train;
  const left = { ...parts, train: parts.foldIn ? { ...train, trainUsers: usersIn(train) } : train };
  // No report if the source has no names.
  const named = options.labels !== undefined || labels !== undefined;
  const report = named && source.names ? labelReport(source.names, labels ?? [], items.length) : undefined;
  return {
    name,
    users: idMap(users),
    items: idMap(items, 'items'),
    ...defined({ itemLabels: labels, labelReport: report }),
    ...left,
    memory,
    ...(found ? { hidden: { interactions: found.hidden, whole: fingerprint } } : {}),
    fingerprint: found ? fingerprintOf(users, items, left) : fingerprint,
    notes: [
      ...[...source.notes, ...notes, ...summary(left)],
      ...(report ? labelLines(report) : []),
      ...(found ? [`${count(found.hidden)} train interactions are hidden (hiddenShare ${hiddenShare})`] : []),
    ],
    leakage,
    warnings,
    leftOut: [...source.leftOut, ...prepared.leftOut],
  };
}

function checkRatios(ratios: readonly number[]): [number, number, number] {
  const [train = 0, valid = 0, test = 0] = ratios;
  const nothingHeldOut = train === 1 && valid === 0;
  const hasTest = test > 0 || nothingHeldOut;
  if (ratios.length !== 3 || train <= 0 || !hasTest || Math.abs(train + valid + test - 1) > 1e-6) {
    const expected =
      'three shares (train, valid, test) that sum to 1, with train and test above 0; or 1, 0, 0 to hold out nothing';
    fail('bad-option', { option: 'ratios', owner: 'data', given: JSON.stringify(ratios), expected });
  }
  return [train, valid, test];
}

/**
 * Reads the source.
 * @param split whether the parts of a ready split stay apart
 * @throws RecdistillError as `loadDataset`
 */
export async function originOf(options: DataOptions, split: boolean): Promise<Origin> {
  const spec = parseSynthetic(String(options.data));
  if (spec) {
    refuseColumns(options);
    const size = `${spec.nUsers} users, ${spec.nItems} items, ${spec.interactions} interactions, seed ${spec.seed}`;
    const memory = syntheticMemory(spec);
    const source = {
      ...(await runInParts(synthesizing(spec), createProgress().task('generating data', 'users'), spec.nUsers)),
      leftOut: [],
      notes: [`synthetic data generated by recdistill: ${size}`],
    };
    return { name: 'synthetic', source, minUser: MIN_USER, memory };
  }
  const { plan, source } = await withDatabase(
    async (db) => {
      const plan = await planSource(options, db.folder);
      if (plan.manifest) checkSplitFiles(plan.folder, plan.manifest);
      return { plan, source: await readSource(db, plan, options, !split) };
    },
    READING_MB,
    { what: 'reading data' },
  );
  const { name, manifest, minUser = MIN_USER } = plan;
  return {
    name,
    source: { ...source, notes: [...source.notes, ...(plan.leftOut ?? []), ...plan.notes] },
    minUser,
    memory: memoryOfSource(source, 'files'),
    ...(manifest ? { manifest } : {}),
  };
}

const rowsOf = ({ parts }: Pick<ReadSource, 'parts'>): number => parts.reduce((sum, part) => sum + rowsIn(part), 0);
const memoryOfSource = ({ users, items, parts, names }: ReadSource, from: 'files' | 'memory'): DataMemory => {
  const size = { users: users.length, items: items.length, rows: rowsOf({ parts }), values: valuesIn(parts[0]!) };
  return dataMemory({ ...size, ...(names && { names: sizeOf(names) }) }, from);
};

function valuesIn(part: PartRows): number {
  const { times, weights } = isMerged(part) ? part.interactions : part;
  return Number(times !== undefined) + Number(weights !== undefined);
}

/** The names that were read. Those of no item are counted as long as the others. */
function sizeOf({ labels, unmatched }: LabelMatch) {
  const matched = labels.filter((label) => label !== '');
  const count = matched.length + unmatched;
  const mean = matched.reduce((sum, label) => sum + label.length, 0) / Math.max(1, matched.length);
  return { count, characters: mean * count };
}

/** True if no option removes anything from a written split. Its fingerprint must equal the one in its manifest. */
const isAsWritten = (o: DataOptions): boolean =>
  [o.minRating, o.where, o.weight].every((given) => given === undefined) &&
  o.weightScale === 'none' &&
  o.badRows === 'fail' &&
  !o.trim &&
  o.coldItems !== 'drop';

/** Options that control how files are read. */
const OF_FILES = [
  ...(['user', 'item', 'time', 'rating', 'weight', 'minRating', 'labels', 'delimiter', 'where', 'table'] as const),
  ...(['timeFormat', 'format', 'header', 'quote', 'encoding', 'decimal', 'explode', 'trim', 'timeUnit'] as const),
];

function refuseColumns(options: DataOptions): void {
  const defaults = parseOptions(dataOptions, {}, 'data');
  for (const option of OF_FILES) {
    if (options[option] === defaults[option]) continue;
    const hint = 'Remove the option, or choose a file, a folder or another data set with --data.';
    fail('usage', { problem: `${option} does not apply to synthetic data`, hint });
  }
}

function checkManifest(path: string, manifest: SplitManifest, fingerprint: string): void {
  if (manifest.fingerprint === fingerprint) return;
  const hint =
    'Write the split again with `recdistill data split`. To load the files as they are, delete manifest.json.';
  const problem = `the files have changed since the split was written: their fingerprint is ${fingerprint.slice(0, 12)}, that in the manifest ${manifest.fingerprint.slice(0, 12)}`;
  fail('bad-data', { path, problem, hint });
}

/** Users with interactions. */
const usersIn = (x: Interactions): Int32Array =>
  Int32Array.from({ length: x.nUsers }, (_, u) => u).filter((u) => x.indptr[u + 1]! > x.indptr[u]!);

function summary(parts: Parts): string[] {
  const { train, valid, test, foldIn } = parts;
  const evaluated = usersIn(test).length;
  const histories = foldIn && [
    `held out whole: ${usersIn(valid).length} users of valid and ${evaluated} of test, with ${count(foldIn)} interactions as histories; ${usersIn(train).length} users are in train`,
  ];
  return [
    `${train.nUsers} users, ${train.nItems} items; train ${count(train)}, valid ${count(valid)}, test ${count(test)} interactions`,
    `${evaluated} users have test interactions and are evaluated`,
    ...(histories ?? []),
  ];
}
