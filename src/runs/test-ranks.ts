/** Ranks of the test items among all candidate items by a finished model, beyond the stored lists. */

import { type Dataset, itemsOf, union } from '../data/index.js';
import { freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { makeModel, modelOf } from '../models/index.js';
import { parseOptions } from '../options/options.js';
import { loadParameters, type SavedModel } from './saved-model.js';

/** Maximum number of scores in memory: 16 MB, and as much for the ranks. */
const BLOCK = 4_000_000;

/**
 * The rank of each test interaction, in the order of `test.indices`: 1 = best of the items that the user has neither in train nor in valid.
 * @throws RecdistillError `unknown-name`, `artifact-damaged`
 */
export async function testRanks(k: Kernels, saved: SavedModel, { train, valid, test }: Dataset): Promise<Int32Array> {
  const spec = modelOf(saved.model);
  const own = Object.fromEntries(Object.entries(saved.options).filter(([name]) => name in spec.options.shape));
  const options = parseOptions(spec.options, own, saved.model);
  const model = await makeModel(spec, { kernels: k, train, seed: Number(own.seed ?? 0) }, options);
  const { nItems } = train;
  const evaluated = Array.from({ length: test.nUsers }, (_, u) => u).filter((u) => itemsOf(test, u).length > 0);
  const perBlock = Math.max(1, Math.min(evaluated.length, Math.floor(BLOCK / nItems)));
  const known = union(train, valid);
  const mask = takeRows(k, { columns: nItems, indptr: known.indptr, indices: known.indices });
  const [users, scores, ranks] = [k.ints(perBlock), k.floats(perBlock * nItems), k.ints(perBlock * nItems)];
  const out = new Int32Array(test.indices.length);
  try {
    loadParameters(model, saved);
    for (let start = 0; start < evaluated.length; start += perBlock) {
      const block = users.subarray(0, Math.min(perBlock, evaluated.length - start));
      block.set(evaluated.slice(start, start + block.length));
      model.scoreRows(block, scores);
      k.ranks(scores, block.length, nItems, { first: 'highest', mask, maskRows: block }, ranks);
      block.forEach((user, r) => {
        for (let at = test.indptr[user]!; at < test.indptr[user + 1]!; at++)
          out[at] = ranks[r * nItems + test.indices[at]!]!;
      });
    }
    return out;
  } finally {
    freeRows(k, mask);
    k.free(users, scores, ranks);
    model.close();
  }
}
