/** Preparation steps shared by raw interactions and ready splits. */
import { fail } from '../errors.js';
import { dropColdItems } from './cold-items.js';
import { ratedAtLeast } from './filters.js';
import { count, fromPairs, type Interactions } from './interactions.js';
import type { LeakageFinding } from './leakage.js';
import { type DataOptions, dataOptions } from './options.js';
import { isMerged, type Pairs, type PartRows, rowsIn } from './pairs.js';
import type { ReadSource } from './read-source.js';
import type { Parts } from './splits/_split.js';

export interface Prepared {
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly labels?: readonly string[];
  readonly parts: Parts;
  readonly leakage: readonly LeakageFinding[];
  readonly notes: readonly string[];
  /** The subset of `notes` about filtered rows, users and items. */
  readonly leftOut: readonly string[];
  /** Possible problems, shown by every command. */
  readonly warnings: readonly string[];
}

/** Applies `minRating`. `log` gets a note for the user, also used in the error if no rows are left. */
export function rated(part: PartRows, options: DataOptions, log: string[]): PartRows {
  if (options.minRating === undefined) return part;
  const kept = isMerged(part) ? part : ratedAtLeast(part, options.minRating);
  const [before, after] = [rowsIn(part), keptRows(kept)];
  log.push(`minRating ${options.minRating} removed ${before - after} of ${before} rows`);
  return kept;
}

/** Number of rows after the minimum rating. */
export const keptRows = (part: PartRows): number => (isMerged(part) ? part.kept : part.users.length);

/**
 * Converts rows to interactions. Repeated pairs are merged; `weightScale` applies to the sum of their weights.
 * @throws RecdistillError `usage` if `weightScale` is set but there are no weights
 */
export function interactionsOf(source: ReadSource, part: PartRows, { weightScale }: DataOptions): Interactions {
  const x = isMerged(part) ? part.interactions : mergedPairs(source, part);
  if (weightScale === 'none') return x;
  if (x.weights) return { ...x, weights: x.weights.map((w) => Math.log1p(w) / Math.LN2) };
  if (count(x) === 0) return x;
  const hint = 'Set the weight column with --weight, or remove --weight-scale.';
  return fail('usage', { problem: `weightScale is ${weightScale}, but the data has no weights`, hint });
}

const mergedPairs = (
  { users: { length: nUsers }, items: { length: nItems } }: ReadSource,
  pairs: Pairs,
): Interactions => fromPairs(nUsers, nItems, pairs.users, pairs.items, pairs.times, pairs.weights);

/** A note about the train weights, if there are any. */
export function weightNotes({ weights }: Interactions): string[] {
  if (!weights || weights.length === 0) return [];
  const extreme = (of: (a: number, b: number) => number) => Number(weights.reduce((a, b) => of(a, b)).toPrecision(6));
  return [`train interactions have weights from ${extreme(Math.min)} to ${extreme(Math.max)}`];
}

/** A note about the merging of repeated pairs. */
export const merged = ({ weights }: Pick<Interactions, 'weights'>): string =>
  `each pair of user and item counts once, with its earliest time${weights ? ' and the sum of its weights' : ''}`;

export function warmed(parts: Parts, perUser: boolean, notes: string[]): Parts {
  // Users are dropped from both parts only if the split gives each user a share of both.
  const cold = dropColdItems(parts, perUser && count(parts.valid) > 0 && count(parts.test) > 0);
  notes.push(
    `dropped ${cold.coldRows} valid and test interactions with items that have no train interactions` +
      (parts.foldIn
        ? `, then ${cold.nUsers} held-out users left without history or without interactions to evaluate (${cold.userRows} interactions)`
        : '') +
      (perUser ? `, then ${cold.nUsers} users left without valid or test (${cold.userRows} interactions)` : ''),
  );
  return cold.parts;
}

/** The notes on held-out interactions that were dropped; none if none was. */
export const coldNotes = (before: Parts, after: Parts, notes: readonly string[]): readonly string[] =>
  count(before.valid) + count(before.test) > count(after.valid) + count(after.test) ? notes : [];

export function checkSize(name: string, x: Interactions, story: string): void {
  const refuse = (problem: string) =>
    fail('bad-data', {
      path: name,
      problem: `${problem} (${story})`,
      hint: 'Lower --min-rating, --min-user or --min-item, or use more data.',
    });
  if (count(x) === 0) refuse('no interaction is left');
  if (x.nUsers < 2) refuse(`all ${count(x)} interactions are of one user; at least two users are needed`);
  if (x.nItems < 2) refuse(`all ${count(x)} interactions are with one item; at least two items are needed`);
}

/** @throws RecdistillError `usage` if the share of histories is set for a split that holds out no user whole */
export function checkFoldInShare({ foldIn }: Parts, given: number, split: string): void {
  if (foldIn || given === dataOptions.parse({}).foldInShare) return;
  fail('usage', {
    problem: `foldInShare is ${given}, but the split ${split} holds out no user whole`,
    hint: 'Remove --fold-in-share, or choose --split users.',
  });
}

/** A warning about weights in histories, which are given to models without weights. */
export const historyWarnings = ({ foldIn }: Parts): string[] =>
  foldIn?.weights
    ? [
        'the interactions have weights: those of train are used, but the histories of held-out users count without weights',
      ]
    : [];

/** Rejects parts that are empty but should have interactions. */
export function checkParts(
  name: string,
  parts: Parts,
  wanted: { readonly valid: boolean; readonly test: boolean },
): void {
  for (const part of ['train', 'valid', 'test'] as const) {
    if ((part !== 'train' && !wanted[part]) || count(parts[part]) > 0) continue;
    const hint =
      'Choose other --ratios or another --split, or try --cold-items keep. For a ready split, check its files.';
    fail('bad-data', { path: name, problem: `no interaction is left in ${part}`, hint });
  }
}
