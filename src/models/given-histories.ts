/** Histories that are given to a model, as it scores them. */
import type { Kernels, Rows } from '../kernels/index.js';

/**
 * Copies histories into kernel memory, with ascending items: the order of a given history then changes no bit. Free the copy with `freeRows`.
 * @param what `weighted` also copies weights, if there are any
 * @throws RangeError for an item that is not in the catalogue, or twice in a history
 */
export function takeAscending(k: Kernels, given: Rows, nItems: number, what: 'items' | 'weighted' = 'items'): Rows {
  const { rows, indptr } = given;
  const weights = what === 'weighted' ? given.weights : undefined;
  const start = indptr[0]!;
  const entries = indptr[rows]! - start;
  const copy = {
    ...{ rows, columns: nItems, indptr: k.ints(rows + 1), indices: k.ints(entries) },
    ...(weights && { weights: k.floats(entries) }),
  };
  for (let r = 0; r < rows; r++) {
    const [from, to] = [indptr[r]!, indptr[r + 1]!];
    const items = copy.indices.subarray(from - start, to - start);
    items.set(given.indices.subarray(from, to));
    if (weights) {
      const places = Uint32Array.from(items, (_, at) => at).sort((a, b) => items[a]! - items[b]!);
      places.forEach((place, at) => {
        copy.weights![from - start + at] = weights[from + place]!;
      });
    }
    items.sort();
    copy.indptr[r + 1] = to - start;
    const problem = problemOf(items, nItems);
    if (problem === undefined) continue;
    k.free(copy.indptr, copy.indices, ...(copy.weights ? [copy.weights] : []));
    throw new RangeError(`history ${r} ${problem}`);
  }
  return copy;
}

/** @param items ascending */
function problemOf(items: Int32Array, nItems: number): string | undefined {
  const outside = [items[0] ?? 0, items.at(-1) ?? 0].find((item) => item < 0 || item >= nItems);
  if (outside !== undefined)
    return `lists item ${outside}; expected item indices from 0 to ${nItems - 1}. Leave out unknown items`;
  const twice = items.find((item, at) => at > 0 && item === items[at - 1]);
  return twice === undefined ? undefined : `lists item ${twice} twice; expected each item at most once`;
}
