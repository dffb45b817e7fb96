/** Subject `model-bpr-mf`: scores, BPR loss and its gradients. */
import { fromPairs } from 'recdistill/data';
import type { Kernels } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth } from './_machines.js';
import { fillParameters, makeModel, scoresOfAll, takeTriples } from './_model.js';
import { readMatrix } from './inputs.js';
import { nestRows } from './matrix.js';

export const modelBprMf: Checker = {
  // Sums of a few products of numbers below 10; each rounding is a 6e-8th part of the largest of them.
  float32: { abs: 2e-5, rel: 1e-5 },
  check: (inputs) => onBoth((k) => bprMf(k, inputs)),
};

function bprMf(k: Kernels, inputs: Inputs): Result {
  const [users, items] = [readMatrix(inputs, 'user_emb'), readMatrix(inputs, 'item_emb')];
  const triples = takeTriples(k, inputs);
  const dim = users.columns;
  const model = makeModel(k, 'bpr-mf', fromPairs(users.rows, items.rows, [], []), { dim, batchSize: triples.size });
  fillParameters(model, { users: users.values, items: items.values });
  const scores = scoresOfAll(k, model);
  const scoreOf = (item: number, t: number) => scores[triples.users[t]! * items.rows + item]!;
  const result = {
    scores_all: nestRows(scores, items.rows),
    pos_scores: Array.from(triples.positives, scoreOf),
    neg_scores: Array.from(triples.negatives, scoreOf),
    loss_sum: model.accumulate(triples),
    grad_user_emb: nestRows(model.parameters[0]!.gradient, dim),
    grad_item_emb: nestRows(model.parameters[1]!.gradient, dim),
  };
  model.close();
  triples.free();
  return result;
}
