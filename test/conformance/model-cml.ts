/** Subject `model-cml`: squared distances, hinge loss and its gradients; clipping to the unit ball. */
import { fromPairs } from 'recdistill/data';
import type { Kernels } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth } from './_machines.js';
import { fillParameters, makeModel, scoresOfAll, takeTriples } from './_model.js';
import { readMatrix, readNumber, readText } from './inputs.js';
import { nestRows } from './matrix.js';

export const modelCml: Checker = {
  // Sums of a few products of numbers below 5; each rounding is a 6e-8th part of the largest of them.
  float32: { abs: 2e-5, rel: 1e-5 },
  check: (inputs) => onBoth((k) => (readText(inputs, 'kind') === 'loss' ? loss(k, inputs) : clip(k, inputs))),
};

function loss(k: Kernels, inputs: Inputs): Result {
  const [users, items] = [readMatrix(inputs, 'user_emb'), readMatrix(inputs, 'item_emb')];
  const triples = takeTriples(k, inputs);
  const dim = users.columns;
  const options = { dim, batchSize: triples.size, margin: readNumber(inputs, 'margin') };
  const model = makeModel(k, 'cml', fromPairs(users.rows, items.rows, [], []), options);
  fillParameters(model, { users: users.values, items: items.values });
  const distances = scoresOfAll(k, model).map((score) => -score);
  const of = (chosen: Int32Array) => Array.from(chosen, (item, t) => distances[triples.users[t]! * items.rows + item]!);
  const [positive, negative] = [of(triples.positives), of(triples.negatives)];
  model.forward?.(triples);
  const result = {
    sq_dist_all: nestRows(distances, items.rows),
    pos_sq_dist: positive,
    neg_sq_dist: negative,
    active: positive.map((d, t) => options.margin + d - negative[t]! > 0),
    loss_sum: model.accumulate(triples),
    grad_user_emb: nestRows(model.parameters[0]!.gradient, dim),
    grad_item_emb: nestRows(model.parameters[1]!.gradient, dim),
  };
  model.close();
  triples.free();
  return result;
}

function clip(k: Kernels, inputs: Inputs): Result {
  const { values, rows, columns: dim } = readMatrix(inputs, 'rows');
  const model = makeModel(k, 'cml', fromPairs(rows, 1, [], []), { dim, clip: 1 });
  model.parameters[0]!.values.set(values);
  model.afterStep!();
  const clipped = nestRows(model.parameters[0]!.values, dim);
  model.close();
  return { clipped };
}
