/** The data of a final fit: every interaction of a data set in train, nothing held out. */
import { fail } from '../errors.js';
import { fingerprintOf } from './fingerprint.js';
import { count, type Dataset, fromPairs, type Interactions } from './interactions.js';

/** Whether anything is held out to evaluate on. A data set without is made with the ratios 1, 0, 0, or by `finalDataset`. */
export const holdsOut = ({ valid, test }: Pick<Dataset, 'valid' | 'test'>): boolean => count(valid) + count(test) > 0;

/**
 * The same users and items, with train, valid, test, hidden interactions and the histories of held-out users in train.
 * @throws RecdistillError `needs-not-met` if only some of these parts have weights
 */
export function finalDataset(dataset: Dataset): Dataset {
  const { name, users, items, itemLabels, train, valid, test, foldIn, hidden, memory } = dataset;
  const all = pooled([train, valid, test, ...(foldIn ? [foldIn] : []), ...(hidden ? [hidden.interactions] : [])], name);
  const none = fromPairs(train.nUsers, train.nItems, [], []);
  const parts = { train: all, valid: none, test: none };
  return {
    ...{ name, users, items, ...parts },
    ...(itemLabels ? { itemLabels } : {}),
    ...(memory ? { memory } : {}),
    fingerprint: fingerprintOf(users.ids, items.ids, parts),
    notes: [`final fit: all ${count(all)} interactions are in train, nothing is held out`],
  };
}

/**
 * Disjoint parts as one. Times stay if all parts have them.
 * @throws RecdistillError `needs-not-met` if only some of them have weights
 */
export function pooled(parts: readonly Interactions[], name: string): Interactions {
  const full = parts.filter((part) => count(part) > 0);
  const { nUsers, nItems } = parts[0]!;
  const weighted = full.filter((part) => part.weights).length;
  if (weighted > 0 && weighted < full.length)
    fail('needs-not-met', {
      problem: `only ${weighted} of ${full.length} parts of ${name} have weights, and train would have some of each`,
      hint: 'Give every part weights, or none.',
    });
  const size = full.reduce((sum, part) => sum + count(part), 0);
  const [users, items] = [new Int32Array(size), new Int32Array(size)];
  const times = full.every((part) => part.times) ? new Float64Array(size) : undefined;
  const weights = weighted > 0 ? new Float64Array(size) : undefined;
  let at = 0;
  for (const part of full) {
    for (let u = 0; u < nUsers; u++) users.fill(u, at + part.indptr[u]!, at + part.indptr[u + 1]!);
    items.set(part.indices, at);
    times?.set(part.times!, at);
    weights?.set(part.weights!, at);
    at += count(part);
  }
  return fromPairs(nUsers, nItems, users, items, times, weights);
}
