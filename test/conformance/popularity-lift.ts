/** Subject `popularity-lift`: popularity of profiles and lists, and recall and exposure of groups of items. */
import { itemCounts } from 'recdistill/data';
import {
  exposureShare,
  groupRecall,
  groupRecallOfAll,
  itemGroupValues,
  popularityLift,
  userPopularity,
} from 'recdistill/eval';
import type { Checker, Inputs, Result } from './_checker.js';
import { readInteractions, readLists, readNumber, readText } from './inputs.js';

export const popularityLifts: Checker = {
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'lift') return { float64: lifts(inputs) };
    if (kind === 'item-groups') return { float64: itemGroups(inputs) };
    throw new Error(`there is no kind ${kind}`);
  },
};

function rankingsOf(inputs: Inputs, nItems: number) {
  const lists = readLists(inputs, 'top');
  const depth = Math.max(...lists.map((list) => list.length));
  const items = Int32Array.from(lists.flatMap((list) => [...list, ...Array<number>(depth - list.length).fill(-1)]));
  return { nUsers: lists.length, nItems, depth, items };
}

function lifts(inputs: Inputs): Result {
  const nItems = readNumber(inputs, 'n_items');
  const train = readInteractions(inputs, 'train', nItems);
  const [last, groups] = [readNumber(inputs, 'K'), readLists(inputs, 'user_groups')];
  const lengths = Array.from({ length: last }, (_, k) => k + 1);
  const values = userPopularity(rankingsOf(inputs, nItems), train, itemCounts(train), lengths);
  const shown = (k: number, rows?: Int32Array): Result => {
    const { users, gapProfile, gapRecommended, lift, meanUserLift } = popularityLift(values, k, rows);
    return {
      ...{ users, gap_profile: gapProfile, gap_recommended: gapRecommended },
      ...{ popularity_lift: lift, mean_user_lift: meanUserLift },
    };
  };
  const rowsOf = (group: readonly number[]) =>
    Int32Array.from(values.users.keys()).filter((row) => group.includes(values.users[row]!));
  return Object.fromEntries(
    lengths.map((k) => [k, { all: shown(k), groups: groups.map((group) => shown(k, rowsOf(group))) }]),
  );
}

function itemGroups(inputs: Inputs): Result {
  const groups = readLists(inputs, 'item_groups').map((items) => Int32Array.from(items));
  const nItems = 1 + Math.max(...readLists(inputs, 'top').flat(), ...readLists(inputs, 'relevant').flat());
  const k = readNumber(inputs, 'K');
  const relevant = readInteractions(inputs, 'relevant', nItems);
  const values = itemGroupValues(rankingsOf(inputs, nItems), relevant, groups, [k]);
  const each = (of: (group: number) => number) => groups.map((_, g) => of(g));
  return {
    exposure_share: each((g) => exposureShare(values, k, g)),
    recall_all_users: each((g) => groupRecallOfAll(values, k, g)),
    recall_users_with_group: each((g) => groupRecall(values, k, g)),
  };
}
