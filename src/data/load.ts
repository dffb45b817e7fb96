/** From options to a data set that is ready to train on. */
import { parseOptions } from '../config/options.js';
import { fail } from '../errors.js';
import { dropColdItems } from './cold-items.js';
import { withDatabase } from './duckdb.js';
import { compact, ratedAtLeast, selectEntries, withMinimum } from './filters.js';
import { fingerprintOf } from './fingerprint.js';
import { idMap } from './ids.js';
import { count, type Dataset, fromPairs, has, type Interactions, itemCounts, union } from './interactions.js';
import { type LeakageFinding, leakageReport } from './leakage.js';
import { type DataOptions, dataOptions } from './options.js';
import { concatPairs, type Pairs } from './pairs.js';
import { planSource } from './plan.js';
import { type ReadSource, readSource } from './read-source.js';
import type { SplitManifest } from './split-manifest.js';
import type { Parts, SplitSpec } from './splits/_split.js';
import { splits } from './splits/index.js';
import { parseSynthetic, synthesize } from './synthetic.js';

export interface LoadedDataset extends Dataset {
  /** What the parts shared or lacked before they were made disjoint. */
  readonly leakage: readonly LeakageFinding[];
}

/** A source together with what its origin says about it. */
interface Origin {
  readonly name: string;
  readonly source: ReadSource;
  readonly minUser: number;
  readonly manifest?: SplitManifest;
}

interface Prepared {
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly labels?: readonly string[];
  readonly parts: Parts;
  readonly leakage: readonly LeakageFinding[];
  readonly notes: readonly string[];
}

/** HetComp's minimum: a user with fewer than five interactions gives nothing to a 60/20/20 split. */
const MIN_USER = 5;

/**
 * Loads a data set: finds, reads, filters and splits the source, and makes the parts disjoint.
 * @param input any of the options of `dataOptions`; the others take their defaults
 * @throws RecdistillError for options, files or data that cannot be used; see docs/data.md
 */
export async function loadDataset(input: Partial<DataOptions> = {}): Promise<LoadedDataset> {
  const options = parseOptions(dataOptions, input, 'data');
  const ratios = checkRatios(options.ratios);
  const { name, source, minUser, manifest } = await originOf(options);
  const ready = source.parts.length === 3;
  if (options.split === 'given' && !ready) {
    const hint = 'Choose --split ratio, leave-one-out or time, or name a folder with train, valid and test.';
    fail('usage', { problem: `${name} is not a ready split, so there is no given split to keep`, hint });
  }
  const keep = ready && (options.split === 'auto' || options.split === 'given');
  const prepared = keep ? prepareGiven(name, source, options) : prepareRaw(name, source, options, minUser, ratios);
  const { users, items, parts, labels, leakage, notes } = prepared;
  const fingerprint = fingerprintOf(users, items, parts);
  if (keep && manifest && options.minRating === undefined && options.coldItems !== 'drop') {
    checkManifest(options.data, manifest, fingerprint);
  }
  return {
    name,
    users: idMap(users),
    items: idMap(items),
    ...(labels ? { itemLabels: labels } : {}),
    ...parts,
    fingerprint,
    notes: [...source.notes, ...notes, ...summary(parts)],
    leakage,
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
  const spec = parseSynthetic(options.data);
  if (spec) {
    const size = `${spec.users} users, ${spec.items} items, ${spec.interactions} interactions, seed ${spec.seed}`;
    const source = { ...synthesize(spec), notes: [`synthetic data, made up by recdistill: ${size}`] };
    return { name: 'synthetic', source, minUser: MIN_USER };
  }
  const plan = await planSource(options);
  const source = await withDatabase((db) => readSource(db, plan, options));
  const { name, manifest, minUser = MIN_USER } = plan;
  return {
    name,
    source: { ...source, notes: [...source.notes, ...plan.notes] },
    minUser,
    ...(manifest ? { manifest } : {}),
  };
}

function checkManifest(path: string, manifest: SplitManifest, fingerprint: string): void {
  if (manifest.fingerprint === fingerprint) return;
  const hint =
    'Write the split again with `recdistill data split`, or delete its manifest.json to load the files as they are.';
  const problem = `the files are not the ones that were written: fingerprint ${fingerprint.slice(0, 12)}, the manifest says ${manifest.fingerprint.slice(0, 12)}`;
  fail('bad-data', { path, problem, hint });
}

/** Rows and what became of them, for the notes and for the error when nothing is left. */
function rated(pairs: Pairs, options: DataOptions, log: string[]): Pairs {
  if (options.minRating === undefined) return pairs;
  const kept = ratedAtLeast(pairs, options.minRating);
  log.push(`minRating ${options.minRating} removed ${pairs.users.length - kept.users.length} rows`);
  return kept;
}

function interactionsOf(source: ReadSource, pairs: Pairs): Interactions {
  return fromPairs(source.users.length, source.items.length, pairs.users, pairs.items, pairs.times);
}

function prepareRaw(
  name: string,
  source: ReadSource,
  options: DataOptions,
  defaultMinUser: number,
  ratios: SplitSpec['ratios'],
): Prepared {
  const notes: string[] = [];
  const read = source.parts.length === 1 ? source.parts[0]! : concatPairs(source.parts);
  const pairs = rated(read, options, notes);
  const all = interactionsOf(source, pairs);
  notes.push(
    `${pairs.users.length - count(all)} duplicate rows: each pair of user and item counts once, with its earliest time`,
  );
  const minUser = options.minUser ?? defaultMinUser;
  const minItem = options.minItem ?? 1;
  const filtered = withMinimum(all, minUser, minItem, options.core);
  const { interactions, users, items } = compact(filtered);
  const before = compact(all).interactions;
  notes.push(
    `minUser ${minUser}, minItem ${minItem} (${options.core}) removed ${before.users - users.length} of ${before.users} users, ` +
      `${before.items - items.length} of ${before.items} items, ${count(all) - count(filtered)} interactions`,
  );
  checkSize(name, interactions, `${read.users.length} rows read; ${notes.join('; ')}`);
  const how = options.split === 'auto' || options.split === 'given' ? 'ratio' : options.split;
  const parts = splits[how](interactions, { ratios, holdOut: options.holdOut, seed: options.splitSeed });
  notes.push(describeSplit(how, options, ratios));
  const leakage = leakageReport(parts);
  const cold = options.coldItems === 'keep' ? parts : warmed(parts, how !== 'time', notes);
  checkParts(name, cold, how, ratios);
  const labels = source.labels;
  return {
    users: Array.from(users, (u) => source.users[u]!),
    items: Array.from(items, (i) => source.items[i]!),
    ...(labels ? { labels: Array.from(items, (i) => labels[i]!) } : {}),
    parts: cold,
    leakage,
    notes,
  };
}

function prepareGiven(name: string, source: ReadSource, options: DataOptions): Prepared {
  for (const option of ['minUser', 'minItem'] as const) {
    if ((options[option] ?? 1) <= 1) continue;
    const hint = 'Leave it out, or pool the parts and split anew with --split ratio, leave-one-out or time.';
    fail('usage', { problem: `${option} does not apply to ${name}, a ready split that is kept as it is`, hint });
  }
  const notes: string[] = [];
  const [train, valid, test] = source.parts.map((part) => rated(part, options, notes));
  const rows = { train: train!, valid: valid!, test: test! };
  const found = {
    train: interactionsOf(source, rows.train),
    valid: interactionsOf(source, rows.valid),
    test: interactionsOf(source, rows.test),
  };
  const duplicates = {
    train: rows.train.users.length - count(found.train),
    valid: rows.valid.users.length - count(found.valid),
    test: rows.test.users.length - count(found.test),
  };
  const leakage = leakageReport(found, duplicates);
  const repeated = duplicates.train + duplicates.valid + duplicates.test;
  if (repeated > 0) notes.push(`${repeated} duplicate rows within parts: each pair of user and item counts once`);
  const disjoint = {
    train: found.train,
    valid: without(found.valid, found.train),
    test: without(found.test, union(found.train, found.valid)),
  };
  const [fewerValid, fewerTest] = [
    count(found.valid) - count(disjoint.valid),
    count(found.test) - count(disjoint.test),
  ];
  if (fewerValid + fewerTest > 0) {
    notes.push(
      `removed what an earlier part has already: ${fewerValid} interactions from valid, ${fewerTest} from test`,
    );
  }
  notes.push(countItems(source, disjoint));
  const parts = options.coldItems === 'drop' ? warmed(disjoint, true, notes) : disjoint;
  const all = union(union(parts.train, parts.valid), parts.test);
  checkSize(name, compact(all).interactions, notes.join('; '));
  checkParts(name, parts, 'given', [1, 0, 0]);
  const { users, items, labels } = source;
  return { users, items, ...(labels ? { labels } : {}), parts, leakage, notes };
}

function countItems(source: ReadSource, parts: Parts): string {
  const { items } = source;
  const occurring = compact(union(union(parts.train, parts.valid), parts.test)).interactions.items;
  const trained = itemCounts(parts.train).reduce((sum, n) => sum + Number(n > 0), 0);
  const how =
    occurring === items.length
      ? 'all that occur in any part'
      : `${occurring} occur in a part, the others only in the item list`;
  const largest = Number(items.at(-1));
  const gaps =
    Number.isSafeInteger(largest) && largest >= items.length
      ? `; ids go up to ${largest}, numbers without a row are no items`
      : '';
  return `items: ${items.length}, ${how}; ${trained} occur in train${gaps}`;
}

function without(x: Interactions, y: Interactions): Interactions {
  const keep = new Uint8Array(x.indices.length);
  for (let u = 0; u < x.users; u++) {
    for (let k = x.indptr[u]!; k < x.indptr[u + 1]!; k++) keep[k] = Number(!has(y, u, x.indices[k]!));
  }
  return selectEntries(x, keep);
}

function warmed(parts: Parts, perUser: boolean, notes: string[]): Parts {
  // Users are dropped in pairs only where the split aims at both parts for each of them.
  const cold = dropColdItems(parts, perUser && count(parts.valid) > 0 && count(parts.test) > 0);
  notes.push(
    `dropped ${cold.coldRows} valid and test interactions with items that train lacks` +
      (perUser ? `, then ${cold.users} users left without valid or test (${cold.userRows} interactions)` : ''),
  );
  return cold.parts;
}

function describeSplit(how: string, options: DataOptions, ratios: readonly number[]): string {
  const shares = how === 'leave-one-out' ? '' : ` ${ratios.join(' / ')}`;
  const order = how === 'time' ? '' : `, held out: ${options.holdOut}, split seed ${options.splitSeed}`;
  return `split ${how}${shares}${order}`;
}

function checkSize(name: string, x: Interactions, story: string): void {
  const refuse = (problem: string) =>
    fail('bad-data', {
      path: name,
      problem: `${problem} (${story})`,
      hint: 'Lower --min-rating, --min-user or --min-item, or give more data.',
    });
  if (count(x) === 0) refuse('no interaction is left');
  if (x.users < 2) refuse(`all ${count(x)} interactions are of one user; at least two users are needed`);
  if (x.items < 2) refuse(`all ${count(x)} interactions are with one item; at least two items are needed`);
}

function checkParts(name: string, parts: Parts, how: string, ratios: SplitSpec['ratios']): void {
  const wanted = {
    train: true,
    valid: how === 'leave-one-out' || ratios[1] > 0,
    test: how === 'leave-one-out' || ratios[2] > 0,
  };
  for (const part of ['train', 'valid', 'test'] as const) {
    if (!wanted[part] || count(parts[part]) > 0) continue;
    const hint =
      how === 'given'
        ? 'Check the files of the split.'
        : 'Choose other --ratios or another --split, or try --cold-items keep.';
    fail('bad-data', { path: name, problem: `no interaction is left in ${part}`, hint });
  }
}

function summary(parts: Parts): string[] {
  const { train, valid, test } = parts;
  let evaluated = 0;
  for (let u = 0; u < test.users; u++) evaluated += Number(test.indptr[u + 1]! > test.indptr[u]!);
  return [
    `${train.users} users, ${train.items} items; train ${count(train)}, valid ${count(valid)}, test ${count(test)} interactions`,
    `${evaluated} users have test interactions and are evaluated`,
  ];
}
