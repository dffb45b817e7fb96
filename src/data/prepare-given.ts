/** Prepares a ready split. It is not changed, except that a pair of user and item is kept in its first part only. */
import { fail } from '../errors.js';
import { compact, selectEntries } from './filters.js';
import { count, has, type Interactions, itemCounts, knownItems, union } from './interactions.js';
import { leakageReport } from './leakage.js';
import type { DataOptions } from './options.js';
import type { PartRows } from './pairs.js';
import {
  checkFoldInShare,
  checkParts,
  checkSize,
  coldNotes,
  historyWarnings,
  interactionsOf,
  keptRows,
  merged,
  type Prepared,
  rated,
  warmed,
  weightNotes,
} from './prepare.js';
import type { ReadSource } from './read-source.js';
import type { Parts } from './splits/_split.js';
import { ratio } from './splits/ratio.js';

export function* preparingGiven(name: string, source: ReadSource, options: DataOptions): Generator<number, Prepared> {
  for (const option of ['minUser', 'minItem'] as const) {
    if ((options[option] ?? 1) <= 1) continue;
    const hint = 'Remove the option, or pool the parts and split again with --split ratio, leave-one-out or time.';
    fail('usage', { problem: `${option} does not apply to ${name}, a ready split that is used unchanged`, hint });
  }
  const notes: string[] = [];
  const parts = source.parts.map((part) => rated(part, options, notes));
  const none: PartRows = { users: new Int32Array(0), items: new Int32Array(0) };
  const foldIn = source.foldIn ? parts.pop() : undefined;
  const [train, second, third] = parts;
  const hasValid = third !== undefined;
  const rows = {
    ...{ train: train!, valid: hasValid ? second! : none, test: third ?? second!, foldIn: foldIn ?? none },
  };
  const found = {
    train: interactionsOf(source, rows.train, options),
    valid: interactionsOf(source, rows.valid, options),
    test: interactionsOf(source, rows.test, options),
    ...(foldIn ? { foldIn: interactionsOf(source, foldIn, options) } : {}),
  };
  yield 0.1;
  checkFoldInShare(found, options.foldInShare, 'given');
  if (found.foldIn) checkHeldOut(name, source, { ...found, foldIn: found.foldIn });
  const duplicates = {
    train: keptRows(rows.train) - count(found.train),
    valid: keptRows(rows.valid) - count(found.valid),
    test: keptRows(rows.test) - count(found.test),
  };
  const leakage = leakageReport(found, duplicates);
  yield 0.4;
  const repeated =
    duplicates.train +
    duplicates.valid +
    duplicates.test +
    (found.foldIn ? keptRows(rows.foldIn) - count(found.foldIn) : 0);
  if (repeated > 0) notes.push(`${repeated} duplicate rows within parts: ${merged(found.train)}`);
  const disjoint = {
    ...(hasValid || found.foldIn
      ? { train: found.train, valid: without(found.valid, knownItems(found)) }
      : validOf(found.train, options, notes)),
    test: without(found.test, union(knownItems(found), found.valid)),
    ...(found.foldIn ? { foldIn: found.foldIn } : {}),
  };
  if (found.foldIn && !hasValid)
    notes.push(
      'the split has histories of held-out users and no valid part: training runs for all epochs and keeps the last one',
    );
  yield 0.6;
  const [fewerValid, fewerTest] = [
    hasValid ? count(found.valid) - count(disjoint.valid) : 0,
    count(found.test) - count(disjoint.test),
  ];
  const leftOut: string[] = [];
  if (fewerValid + fewerTest > 0) {
    leftOut.push(
      `removed interactions that an earlier part has, too: ${fewerValid} from valid, ${fewerTest} from test`,
    );
    notes.push(...leftOut);
  }
  if (count(found.test) > 0 && count(disjoint.test) === 0) {
    const problem = `all ${count(found.test)} interactions of test also occur in train or valid`;
    const hint = 'Test interactions must not occur in train. Check that the files belong to one split.';
    fail('bad-data', { path: name, problem, hint });
  }
  notes.push(countItems(source, disjoint));
  yield 0.8;
  const warmFrom = notes.length;
  const kept = options.coldItems === 'drop' ? warmed(disjoint, !disjoint.foldIn, notes) : disjoint;
  leftOut.push(...coldNotes(disjoint, kept, notes.slice(warmFrom)));
  notes.push(...weightNotes(kept.train));
  const all = union(union(knownItems(kept), kept.valid), kept.test);
  checkSize(name, compact(all).interactions, notes.join('; '));
  checkParts(name, kept, { valid: keptRows(rows.valid) > 0, test: keptRows(rows.test) > 0 });
  const { users, items, labels } = source;
  return {
    users,
    items,
    ...(labels ? { labels } : {}),
    parts: kept,
    leakage,
    notes,
    leftOut,
    warnings: historyWarnings(kept),
  };
}

/** Users with a history are held out whole, and only they may be evaluated. @throws RecdistillError `bad-data` */
function checkHeldOut(name: string, { users }: ReadSource, parts: Parts & { readonly foldIn: Interactions }): void {
  const { train, valid, test, foldIn } = parts;
  const has = (x: Interactions, u: number) => x.indptr[u + 1]! > x.indptr[u]!;
  const refuse = (u: number, problem: string): never =>
    fail('bad-data', {
      path: name,
      problem: `the user ${JSON.stringify(users[u])} ${problem}`,
      hint: 'With a file fold-in, the users of valid and test have their histories there and nothing in train. Without this file, they have their other interactions in train.',
    });
  for (let u = 0; u < foldIn.nUsers; u++) {
    if (has(foldIn, u) && has(train, u)) refuse(u, 'has interactions in train and in fold-in');
    if (!has(foldIn, u) && (has(valid, u) || has(test, u))) refuse(u, 'is in valid or test, but not in fold-in');
  }
}

/** Takes a valid part from the train part, for a split without one. */
function validOf(train: Interactions, o: DataOptions, notes: string[]): Pick<Parts, 'train' | 'valid'> {
  const { validShare, splitSeed, holdOut, foldInShare } = o;
  const parts = ratio(train, { ratios: [1 - validShare, validShare, 0], holdOut, seed: splitSeed, foldInShare });
  const how =
    validShare === 0
      ? 'and validShare is 0: training runs for all epochs and keeps the last one'
      : `so ${count(parts.valid)} train interactions were moved to valid: a share of ${validShare} per user, rounded down, ${holdOut}, split seed ${splitSeed}`;
  notes.push(`the split has no valid part, ${how}`);
  return parts;
}

function countItems(source: ReadSource, parts: Parts): string {
  const { items } = source;
  const occurring = compact(union(union(knownItems(parts), parts.valid), parts.test)).interactions.nItems;
  const trained = itemCounts(parts.train).reduce((sum, n) => sum + Number(n > 0), 0);
  const how =
    occurring === items.length
      ? 'all that occur in any part'
      : `${occurring} occur in a part, the others only in the item list`;
  const largest = Number(items.at(-1));
  const gaps =
    Number.isSafeInteger(largest) && largest >= items.length
      ? `; ids go up to ${largest}, but numbers without a row are not items`
      : '';
  return `items: ${items.length}, ${how}; ${trained} occur in train${gaps}`;
}

function without(x: Interactions, y: Interactions): Interactions {
  const keep = new Uint8Array(x.indices.length);
  for (let u = 0; u < x.nUsers; u++) {
    for (let k = x.indptr[u]!; k < x.indptr[u + 1]!; k++) keep[k] = Number(!has(y, u, x.indices[k]!));
  }
  return selectEntries(x, keep);
}
