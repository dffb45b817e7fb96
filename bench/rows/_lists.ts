/** Users of a batch and lists of teachers for rows of distillation steps. */
import { has, type Interactions, itemsOf } from 'recdistill/data';
import { shuffle, stream, uniformInt } from 'recdistill/math';

/** The first `count` distinct users of shuffled interactions, ascending: active users are in a batch more often, as in training. */
export function usersOfBatch(train: Interactions, count: number): Int32Array {
  const owners: number[] = [];
  for (let u = 0; u < train.nUsers; u++) for (const _ of itemsOf(train, u)) owners.push(u);
  shuffle(owners, stream(1, 'benchmark batch'), 0);
  return Int32Array.from([...new Set(owners)].slice(0, count)).sort();
}

/** `length` distinct unobserved items, uniformly drawn. */
export function madeUpList(train: Interactions, user: number, length: number): Int32Array {
  const key = stream(1, 'benchmark knowledge');
  const list = new Set<number>();
  for (let draw = 0; list.size < length; draw++) {
    const item = uniformInt(key, user, draw, train.nItems);
    if (!has(train, user, item)) list.add(item);
  }
  return Int32Array.from(list);
}
