/** Values of users, from which all popularity metrics follow. They are of single users, so those of shards are joined to the same bits. */
import type { Interactions } from '../../data/interactions.js';
import { popularityGroups } from '../../data/popularity-groups.js';
import type { Rankings } from '../../data/rankings.js';
import { runSync } from '../../progress.js';
import { type ItemGroups, measuringItemGroups } from './item-groups.js';
import { type ListInputs, measuringUsers, type UserPopularity } from './lift.js';
import { everyone } from './users.js';

/** Popular and unpopular items, as in UnKD. */
const GROUPS = 2;

/** Values of every evaluated user. */
export interface PopularityValues {
  readonly lists: UserPopularity;
  /** Popular items, then unpopular ones; see `popularityGroups`. One group if a single item has most interactions of very few. */
  readonly items: ItemGroups;
}

export interface PopularityInputs extends ListInputs {
  /** Interactions of the evaluated part. */
  readonly relevant: Interactions;
}

/**
 * Values of all users.
 * @param relevant interactions of the evaluated part
 * @param profiles the items that each user had
 * @param trainCounts number of train interactions of each item
 */
export const popularityValues = (
  rankings: Rankings,
  relevant: Interactions,
  profiles: Interactions,
  trainCounts: Int32Array,
  topK: readonly number[],
): PopularityValues =>
  runSync(
    measuringPopularity({
      ...{ rankings, relevant, profiles, trainCounts, topK },
      ...{ within: everyone(rankings), nUsers: rankings.nUsers },
    }),
  );

/** The values of some users, as a generator that yields its progress as the last part of an evaluation. */
export function* measuringPopularity(inputs: PopularityInputs): Generator<number, PopularityValues> {
  const { rankings, relevant, trainCounts, topK, within } = inputs;
  const groups = popularityGroups(trainCounts, GROUPS);
  return {
    lists: yield* scaled(measuringUsers(inputs), 0.9),
    items: yield* scaled(measuringItemGroups(rankings, relevant, groups, topK, within), 0.95),
  };
}

function* scaled<T>(parts: Generator<number, T>, from: number): Generator<number, T> {
  for (;;) {
    const part = parts.next();
    if (part.done) return part.value;
    yield from + 0.05 * part.value;
  }
}

/** One number per user and name. */
export type PopularityColumns = Readonly<Record<string, Int32Array | Float64Array>>;

/** The values as columns by name, for a file. */
export const popularityColumns = ({ lists, items }: PopularityValues): PopularityColumns =>
  Object.fromEntries([
    ['lists.users', lists.users],
    ['lists.profile', lists.profile],
    ...Object.entries(lists.recommended).map(([k, values]) => [`lists.recommended@${k}`, values]),
    ['items.users', items.users],
    ...items.having.map((values, g) => [`items.having.${g}`, values]),
    ...Object.entries(items.slots).map(([k, values]) => [`items.slots@${k}`, values]),
    ...Object.entries(items.values).flatMap(([k, groups]) =>
      groups.flatMap(({ shown, recall }, g) => [
        [`items.shown.${g}@${k}`, shown],
        [`items.recall.${g}@${k}`, recall],
      ]),
    ),
  ]);

/**
 * The values of all shards of users.
 * @param pieces `popularityColumns` of each shard, in the order of the shards
 * @param trainCounts as for the values
 * @param topK as for the values
 */
export function joinedPopularity(
  pieces: readonly PopularityColumns[],
  trainCounts: Int32Array,
  topK: readonly number[],
): PopularityValues {
  const sizes = popularityGroups(trainCounts, GROUPS).map((items) => items.length);
  const lengthOf = (name: string) => pieces.reduce((sum, piece) => sum + piece[name]!.length, 0);
  const fill = <T extends Int32Array | Float64Array>(name: string, values: T): T => {
    let at = 0;
    for (const piece of pieces) {
      values.set(piece[name]!, at);
      at += piece[name]!.length;
    }
    return values;
  };
  const column = (name: string) => fill(name, new Float64Array(lengthOf(name)));
  const users = (name: string) => fill(name, new Int32Array(lengthOf(name)));
  const byK = <T>(of: (k: number) => T) => Object.fromEntries(topK.map((k) => [k, of(k)]));
  return {
    lists: {
      users: users('lists.users'),
      profile: column('lists.profile'),
      recommended: byK((k) => column(`lists.recommended@${k}`)),
    },
    items: {
      sizes,
      users: users('items.users'),
      having: sizes.map((_, g) => column(`items.having.${g}`)),
      slots: byK((k) => column(`items.slots@${k}`)),
      values: byK((k) =>
        sizes.map((_, g) => ({ shown: column(`items.shown.${g}@${k}`), recall: column(`items.recall.${g}@${k}`) })),
      ),
    },
  };
}
