/** Ranks of the test items among all candidate items by a finished model, beyond the stored lists. */

import { type Dataset, knownItems, union } from '../data/index.js';
import type { Kernels } from '../kernels/index.js';
import { makeModel, modelOf, rankTested } from '../models/index.js';
import { ownOptions, parseOptions } from '../options/options.js';
import { loadParameters, type SavedModel } from './saved-model.js';

/**
 * The rank of each test interaction, in the order of `test.indices`: 1 = best of the items that the user has neither in train (or in the given history) nor in valid.
 * @throws RecdistillError `unknown-name`, `artifact-damaged`
 */
export async function testRanks(k: Kernels, saved: SavedModel, dataset: Dataset): Promise<Int32Array> {
  const { train, valid, test, foldIn } = dataset;
  const spec = modelOf(saved.model);
  const own = ownOptions(spec.options, saved.options);
  const options = parseOptions(spec.options, own, saved.model);
  const model = await makeModel(spec, { kernels: k, train, seed: Number(own.seed ?? 0) }, options);
  const out = new Int32Array(test.indices.length);
  try {
    loadParameters(model, saved);
    const known = union(knownItems(dataset), valid);
    const write = (user: number, ranks: Int32Array) => {
      for (let at = test.indptr[user]!; at < test.indptr[user + 1]!; at++) out[at] = ranks[test.indices[at]!]!;
    };
    rankTested(k, model, test, known, { first: 'highest' }, write, foldIn);
    return out;
  } finally {
    model.close();
  }
}
