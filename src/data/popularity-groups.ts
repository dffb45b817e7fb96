/** Groups of items of similar popularity, as in UnKD (WSDM 2023): about equal numbers of train interactions in each. */

/**
 * Items with a train interaction, by number of train interactions (descending; ties: the lower item first), cut greedily into groups of about
 * 1 / `groups` of all interactions each. An item with more than that has a group of its own. What is left at the end is a group if it has more than
 * half of that, and is else added to the last group. On skewed data there can be more groups than asked for, and on few items fewer.
 * @param trainCounts train interactions of each item
 * @param groups at least 1
 * @returns item indices of each group, the most popular group first. Items without train interactions are in none
 */
export function popularityGroups(trainCounts: Int32Array, groups: number): Int32Array[] {
  const items = Int32Array.from(trainCounts.keys()).filter((item) => trainCounts[item]! > 0);
  items.sort((a, b) => trainCounts[b]! - trainCounts[a]! || a - b);
  const limit = items.reduce((sum, item) => sum + trainCounts[item]!, 0) / groups;
  const closed: Int32Array[] = [];
  let [before, first, sum] = [0, 0, 0];
  const close = (end: number) => {
    closed.push(items.slice(first, end));
    [before, first, sum] = [first, end, 0];
  };
  items.forEach((item, at) => {
    sum += trainCounts[item]!;
    if (sum <= limit) return;
    if (first === at) close(at + 1);
    else {
      close(at);
      sum = trainCounts[item]!;
    }
  });
  if (first === items.length) return closed;
  if (sum > limit / 2 || closed.length === 0) close(items.length);
  else closed[closed.length - 1] = items.slice(before);
  return closed;
}

/** The index of the group of each item; -1 for an item in none. */
export function groupOfItems(groups: readonly Int32Array[], nItems: number): Int32Array {
  const of = new Int32Array(nItems).fill(-1);
  for (const [group, items] of groups.entries()) for (const item of items) of[item] = group;
  return of;
}
