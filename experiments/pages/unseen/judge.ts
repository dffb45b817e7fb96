/** Lists for users who were hidden from the training, by their histories. */
import type { Kernels } from 'recdistill';
import { itemsOf, packLists, type Rankings } from 'recdistill/data';
import { freeRows, takeRows } from 'recdistill/kernels';
import { type Histories, type Model, tablesOf } from 'recdistill/models';
import { foldInHistories } from 'recdistill/runs';
import type { Apart } from './apart.js';

/** Users whose scores are in memory together. */
const BLOCK = 64;

/** By the model itself, or by fold-in if it has a table of users. */
export const historiesOf = (k: Kernels, model: Model): Histories =>
  model.histories ?? foldInHistories(k, tablesOf(model)!);

export function rankHidden(k: Kernels, histories: Histories, { histories: x, evaluator }: Apart): Rankings {
  const { nUsers, nItems } = x;
  const { depth } = evaluator;
  const mask = takeRows(k, { ...evaluator.mask.test, columns: nItems });
  const [out, rows, best] = [k.floats(BLOCK * nItems), k.ints(BLOCK), k.ints(BLOCK * depth)];
  const items = new Int32Array(nUsers * depth).fill(-1);
  for (let start = 0; start < nUsers; start += BLOCK) {
    const users = Array.from({ length: Math.min(BLOCK, nUsers - start) }, (_, at) => start + at);
    const given = takeRows(k, { columns: nItems, ...packLists(users.map((u) => itemsOf(x, u))) });
    histories.score(given, out);
    freeRows(k, given);
    const block = rows.subarray(0, users.length);
    block.set(users);
    k.topK(out, users.length, nItems, mask, block, depth, best);
    items.set(best.subarray(0, users.length * depth), start * depth);
  }
  freeRows(k, mask);
  k.free(out, rows, best);
  return { nUsers, nItems, depth, items };
}
