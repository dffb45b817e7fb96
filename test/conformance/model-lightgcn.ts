/** Subject `model-lightgcn`: weights of the graph, propagated embeddings, BPR loss and its gradients. */
import { fromPairs } from 'recdistill/data';
import type { Kernels } from 'recdistill/kernels';
import { edgeWeights } from 'recdistill/models';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth } from './_machines.js';
import { fillParameters, makeModel, scoresOfAll, takeTriples } from './_model.js';
import { readLists, readMatrix, readNumber } from './inputs.js';
import { nestRows } from './matrix.js';

export const modelLightgcn: Checker = {
  // As model-bpr-mf, after a few propagations whose weights are at most 1.
  float32: { abs: 2e-5, rel: 1e-5 },
  check: (inputs) => onBoth((k) => lightgcn(k, inputs)),
};

function lightgcn(k: Kernels, inputs: Inputs): Result {
  const edges = readLists(inputs, 'edges');
  const train = fromPairs(
    readNumber(inputs, 'n_users'),
    readNumber(inputs, 'n_items'),
    edges.map((edge) => edge[0]!),
    edges.map((edge) => edge[1]!),
  );
  const [users, items] = [readMatrix(inputs, 'user_emb0'), readMatrix(inputs, 'item_emb0')];
  const triples = takeTriples(k, inputs);
  const dim = users.columns;
  const options = { dim, layers: readNumber(inputs, 'layers'), batchSize: triples.size };
  const model = makeModel(k, 'lightgcn', train, options);
  fillParameters(model, { users: users.values, items: items.values });
  model.forward!(triples);
  const loss = model.accumulate(triples);
  model.backward!();
  const final = model.factors!();
  const result = {
    edge_weight: edgeWeights(train),
    final_user_emb: nestRows(final.userFactors, dim),
    final_item_emb: nestRows(final.itemFactors, dim),
    scores_all: nestRows(scoresOfAll(k, model), items.rows),
    loss_sum: loss,
    loss_mean: loss / triples.size,
    grad_user_emb0: nestRows(model.parameters[0]!.gradient, dim),
    grad_item_emb0: nestRows(model.parameters[1]!.gradient, dim),
  };
  model.close();
  triples.free();
  return result;
}
