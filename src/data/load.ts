/** From options to a data set that is ready to train on. */

import { fail } from '../errors.js';
import { type OptionsInput, parseOptions } from '../options/options.js';
import { withDatabase } from './duckdb.js';
import { fingerprintOf } from './fingerprint.js';
import { hideInteractions } from './hide.js';
import { idMap } from './ids.js';
import { count, type Dataset } from './interactions.js';
import { type LabelReport, labelLines, labelReport, refuseStrangers } from './label-match.js';
import type { LeakageFinding } from './leakage.js';
import { type DataOptions, dataOptions } from './options.js';
import { planSource } from './plan.js';
import { prepareGiven } from './prepare-given.js';
import { prepareRaw } from './prepare-raw.js';
import { type ReadSource, readSource } from './read-source.js';
import { numberRows, type Row } from './rows.js';
import { spellingWarnings } from './spelling.js';
import type { SplitManifest } from './split-manifest.js';
import type { Parts } from './splits/_split.js';
import { parseSynthetic, synthesize } from './synthetic.js';
import { checkUnknownIds } from './unknown-ids.js';

export interface LoadedDataset extends Dataset {
  /** What the parts shared or lacked before they were made disjoint. */
  readonly leakage: readonly LeakageFinding[];
  /** What may be wrong with the data although it could be read; shown by every command. */
  readonly warnings: readonly string[];
  /** Files, rows, users and items that were left out, those of `notes` that every command shows. */
  readonly leftOut: readonly string[];
  /** How the file of names fits, if there is one. */
  readonly labelReport?: LabelReport;
}

/** A source together with what its origin says about it. */
interface Origin {
  readonly name: string;
  readonly source: ReadSource;
  readonly minUser: number;
  readonly manifest?: SplitManifest;
}

/** HetComp's minimum: a user with fewer than five interactions gives nothing to a 60/20/20 split. */
const MIN_USER = 5;

/**
 * Loads a data set: finds, reads, filters and splits the source, and makes the parts disjoint.
 * @param input any of the options of `dataOptions`; the others take their defaults
 * @throws RecdistillError for options, files or data that cannot be used; see docs/data.md
 */
export async function loadDataset(input: Partial<OptionsInput<typeof dataOptions>> = {}): Promise<LoadedDataset> {
  const options = parseOptions(dataOptions, input, 'data');
  checkRatios(options.ratios);
  return datasetOf(await originOf(options), options);
}

/** Options that apply to rows of a program: those of filters and split. */
const OF_ROWS = [
  ...(['minRating', 'weightScale', 'minUser', 'minItem', 'core'] as const),
  ...(['split', 'ratios', 'holdOut', 'splitSeed', 'coldItems', 'hiddenShare'] as const),
];

export type RowOptions = Partial<Pick<DataOptions, (typeof OF_ROWS)[number]>>;

/**
 * A data set of rows that a program holds, filtered and split as one of a file.
 * @throws RecdistillError `bad-data` for a row that cannot be used, `usage` for an option that does not apply, `unknown-option`, `bad-option`
 */
export function loadRows(rows: Iterable<Row>, input: RowOptions = {}): LoadedDataset {
  const options = parseOptions(dataOptions, input, 'data');
  const stray = Object.keys(input).find((name) => !OF_ROWS.some((known) => known === name));
  if (stray)
    fail('usage', {
      problem: `${stray} does not apply to rows of a program`,
      hint: `Options that do: ${OF_ROWS.join(', ')}.`,
    });
  const source = { ...numberRows(rows), leftOut: [], notes: [] };
  if (options.minRating !== undefined && !source.parts[0]?.ratings)
    fail('usage', {
      problem: 'minRating is given, and the rows have no rating',
      hint: 'Give each row a rating, or leave it out.',
    });
  return datasetOf({ name: 'rows', source, minUser: MIN_USER }, options);
}

function datasetOf({ name, source, minUser, manifest }: Origin, options: DataOptions): LoadedDataset {
  const ratios = checkRatios(options.ratios);
  if (options.labels !== undefined && source.names) refuseStrangers(source.names);
  const ready = source.parts.length > 1;
  if (options.split === 'given' && !ready) {
    const hint = 'Choose --split ratio, leave-one-out or time, or name a folder with train, valid and test.';
    fail('usage', { problem: `${name} is not a ready split, so there is no given split to keep`, hint });
  }
  const keep = ready && (options.split === 'auto' || options.split === 'given');
  // A written split was checked when it was made.
  const warnings = [...spellingWarnings(source), ...(keep && !manifest ? checkUnknownIds(name, source, options) : [])];
  const prepared = keep ? prepareGiven(name, source, options) : prepareRaw(name, source, options, minUser, ratios);
  const { users, items, parts, labels, leakage, notes } = prepared;
  warnings.push(...prepared.warnings);
  const fingerprint = fingerprintOf(users, items, parts);
  if (keep && manifest && isAsWritten(options)) {
    checkManifest(String(options.data), manifest, fingerprint);
  }
  const { hiddenShare, splitSeed } = options;
  const found = hiddenShare > 0 ? hideInteractions(parts.train, hiddenShare, splitSeed) : undefined;
  const left = found ? { ...parts, train: found.train } : parts;
  // A source without any names says nothing of them.
  const named = options.labels !== undefined || labels !== undefined;
  const report = named && source.names ? labelReport(source.names, labels ?? [], items.length) : undefined;
  return {
    name,
    users: idMap(users),
    items: idMap(items),
    ...(labels ? { itemLabels: labels } : {}),
    ...(report ? { labelReport: report } : {}),
    ...left,
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
  if (ratios.length !== 3 || train <= 0 || test <= 0 || Math.abs(train + valid + test - 1) > 1e-6) {
    const expected = 'three shares of train, valid and test that sum to 1, train and test above 0';
    fail('bad-option', { option: 'ratios', owner: 'data', given: JSON.stringify(ratios), expected });
  }
  return [train, valid, test];
}

async function originOf(options: DataOptions): Promise<Origin> {
  const spec = parseSynthetic(String(options.data));
  if (spec) {
    refuseColumns(options);
    const size = `${spec.nUsers} users, ${spec.nItems} items, ${spec.interactions} interactions, seed ${spec.seed}`;
    const source = { ...synthesize(spec), leftOut: [], notes: [`synthetic data, made up by recdistill: ${size}`] };
    return { name: 'synthetic', source, minUser: MIN_USER };
  }
  const { plan, source } = await withDatabase(async (db) => {
    const plan = await planSource(options, db.folder);
    return { plan, source: await readSource(db, plan, options) };
  });
  const { name, manifest, minUser = MIN_USER } = plan;
  return {
    name,
    source: { ...source, notes: [...source.notes, ...(plan.leftOut ?? []), ...plan.notes] },
    minUser,
    ...(manifest ? { manifest } : {}),
  };
}

/** Nothing is taken from a written split, so that it must have the fingerprint that its manifest names. */
const isAsWritten = (o: DataOptions): boolean =>
  [o.minRating, o.where, o.weight].every((given) => given === undefined) &&
  o.weightScale === 'none' &&
  o.badRows === 'fail' &&
  !o.trim &&
  o.coldItems !== 'drop';

/** Options that say how files are read. */
const OF_FILES = [
  ...(['user', 'item', 'time', 'rating', 'weight', 'minRating', 'labels', 'delimiter', 'where', 'table'] as const),
  ...(['timeFormat', 'format', 'header', 'quote', 'encoding', 'decimal', 'explode', 'trim', 'timeUnit'] as const),
];

function refuseColumns(options: DataOptions): void {
  const defaults = parseOptions(dataOptions, {}, 'data');
  for (const option of OF_FILES) {
    if (options[option] === defaults[option]) continue;
    const hint = 'Leave it out, or name a file, a folder or another data set with --data.';
    fail('usage', { problem: `${option} does not apply to synthetic data`, hint });
  }
}

function checkManifest(path: string, manifest: SplitManifest, fingerprint: string): void {
  if (manifest.fingerprint === fingerprint) return;
  const hint =
    'Write the split again with `recdistill data split`, or delete its manifest.json to load the files as they are.';
  const problem = `the files are not the ones that were written: fingerprint ${fingerprint.slice(0, 12)}, the manifest says ${manifest.fingerprint.slice(0, 12)}`;
  fail('bad-data', { path, problem, hint });
}

function summary(parts: Parts): string[] {
  const { train, valid, test } = parts;
  let evaluated = 0;
  for (let u = 0; u < test.nUsers; u++) evaluated += Number(test.indptr[u + 1]! > test.indptr[u]!);
  return [
    `${train.nUsers} users, ${train.nItems} items; train ${count(train)}, valid ${count(valid)}, test ${count(test)} interactions`,
    `${evaluated} users have test interactions and are evaluated`,
  ];
}
