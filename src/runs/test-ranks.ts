/** Ranks of the test items among all candidate items by a finished model, beyond the stored lists. */

import { type Dataset, union } from '../data/index.js';
import type { Kernels } from '../kernels/index.js';
import { makeModel, modelOf, rankTested } from '../models/index.js';
import { ownOptions, parseOptions } from '../options/options.js';
import { loadParameters, type SavedModel } from './saved-model.js';

/**
 * The rank of each test interaction, in the order of `test.indices`: 1 = best of the items that the user has neither in train nor in valid.
 * @throws RecdistillError `unknown-name`, `artifact-damaged`
 */
export async function testRanks(k: Kernels, saved: SavedModel, { train, valid, test }: Dataset): Promise<Int32Array> {
  const spec = modelOf(saved.model);
  const own = ownOptions(spec.options, saved.options);
  const options = parseOptions(spec.options, own, saved.model);
  const model = await makeModel(spec, { kernels: k, train, seed: Number(own.seed ?? 0) }, options);
  const out = new Int32Array(test.indices.length);
  try {
    loadParameters(model, saved);
    rankTested(k, model, test, union(train, valid), { first: 'highest' }, (user, ranks) => {
      for (let at = test.indptr[user]!; at < test.indptr[user + 1]!; at++) out[at] = ranks[test.indices[at]!]!;
    });
    return out;
  } finally {
    model.close();
  }
}
