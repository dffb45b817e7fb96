import { idMap } from './ids.js';
import { type Dataset, fromPairs } from './interactions.js';

export const USERS = ['ann', 'bob', 'céline "c", d'];
export const ITEMS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** ann has a (train), b (valid); bob has c (train); the third has e, f (train). */
export const dataset = datasetOf(USERS, ITEMS);
/** The same interactions, where there are such users and items, under other ids. */
export function datasetOf(users: readonly string[], items: readonly string[]): Dataset {
  const part = (pairs: readonly (readonly [number, number])[]) => {
    const fit = pairs.filter(([u, i]) => u < users.length && i < items.length);
    return fromPairs(
      users.length,
      items.length,
      fit.map(([u]) => u),
      fit.map(([, i]) => i),
    );
  };
  return {
    ...{ name: 'tiny', users: idMap(users), items: idMap(items), fingerprint: 'f', notes: [] },
    train: part([
      [0, 0],
      [1, 2],
      [2, 4],
      [2, 5],
    ]),
    valid: part([[0, 1]]),
    test: part([
      [0, 2],
      [1, 0],
    ]),
  };
}
