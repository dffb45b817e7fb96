/** Recall and exposure of groups of items, such as popular and unpopular ones. */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import { groupOfItems } from '../../data/popularity-groups.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import { runSync } from '../../progress.js';
import { everyone, USERS_AT_ONCE } from './users.js';

/** Values of each user at one K, by group. */
export interface GroupValues {
  /** Number of the first K items that are of the group, one per evaluated user. */
  readonly shown: Float64Array;
  /** hits / relevant items within the group; 0 for a user without a relevant item in it. */
  readonly recall: Float64Array;
}

export interface ItemGroups {
  /** Number of items of each group. */
  readonly sizes: readonly number[];
  /** Evaluated users, ascending: those with a relevant item in any group or none. */
  readonly users: Int32Array;
  /** 1 for a user with a relevant item in the group, else 0; one array per group. */
  readonly having: readonly Float64Array[];
  /** Length of each user's list, at most K, by K. */
  readonly slots: Readonly<Record<string, Float64Array>>;
  /** By K, then by group. */
  readonly values: Readonly<Record<string, readonly GroupValues[]>>;
}

/**
 * @param relevant interactions of the evaluated part; users without any are left out
 * @param groups item indices of each group; an item may be in none
 */
export const itemGroupValues = (
  rankings: Rankings,
  relevant: Interactions,
  groups: readonly Int32Array[],
  topK: readonly number[],
): ItemGroups => runSync(measuringItemGroups(rankings, relevant, groups, topK, everyone(rankings)));

/** Like `itemGroupValues` for the users `within`, as a generator that yields the finished share. */
export function* measuringItemGroups(
  rankings: Rankings,
  relevant: Interactions,
  groups: readonly Int32Array[],
  topK: readonly number[],
  within: Int32Array,
): Generator<number, ItemGroups> {
  const groupOf = groupOfItems(groups, rankings.nItems);
  const users = within.filter((u) => itemsOf(relevant, u).length > 0);
  const blank = () => new Float64Array(users.length);
  const wanted = groups.map(blank);
  const slots = Object.fromEntries(topK.map((k) => [k, blank()]));
  const values = Object.fromEntries(topK.map((k) => [k, groups.map(() => ({ shown: blank(), recall: blank() }))]));
  const isRelevant = new Int32Array(rankings.nItems).fill(-1);
  for (let row = 0; row < users.length; row++) {
    if (row % USERS_AT_ONCE === 0) yield row / users.length;
    const user = users[row]!;
    for (const item of itemsOf(relevant, user)) {
      isRelevant[item] = user;
      if (groupOf[item]! >= 0) wanted[groupOf[item]!]![row]! += 1;
    }
    for (const k of topK) {
      const list = rankingOf(rankings, user).subarray(0, k);
      slots[k]![row] = list.length;
      for (const item of list) {
        const group = groupOf[item]!;
        if (group < 0) continue;
        const own = values[k]![group]!;
        own.shown[row]! += 1;
        if (isRelevant[item] === user) own.recall[row]! += 1 / wanted[group]![row]!;
      }
    }
  }
  const having = wanted.map((counts) => counts.map((count) => Number(count > 0)));
  return { sizes: groups.map((items) => items.length), users, having, slots, values };
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** Share of all places of the lists that the items of a group have. */
export const exposureShare = ({ slots, values }: ItemGroups, k: number, group: number): number =>
  sum(values[k]![group]!.shown) / sum(slots[k]!);

/** Mean recall within a group, over the users with a relevant item in it. NaN if there are none. */
export const groupRecall = ({ having, values }: ItemGroups, k: number, group: number): number =>
  sum(values[k]![group]!.recall) / sum(having[group]!);

/** The same over all evaluated users, of whom those without such an item count 0, as in the published code of UnKD. */
export const groupRecallOfAll = ({ users, values }: ItemGroups, k: number, group: number): number =>
  sum(values[k]![group]!.recall) / users.length;
