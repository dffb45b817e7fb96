/** Subject `model-neumf`: logits of the scoring kernel, BCE loss and all gradients of a training step. */
import type { Kernels } from 'recdistill/kernels';
import { createNeumf, neumfStep } from 'recdistill/models';
import type { Checker, Inputs, Json, Result } from './_checker.js';
import { onBoth, put, putInts } from './_machines.js';
import { fillParameters } from './_model.js';
import { readLists, readMatrix, readNumbers } from './inputs.js';
import { flattenRows, type Matrix, nestRows } from './matrix.js';

export const modelNeumf: Checker = {
  // Up to four layers of float32 sums of products of numbers below 10.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) => onBoth((k) => neumf(k, inputs)),
};

function neumf(k: Kernels, inputs: Inputs): Result {
  const sides = { users: joined(inputs, 'user'), items: joined(inputs, 'item') };
  const dim = sides.users.columns / 2;
  const weights = (inputs.mlp_W as readonly Json[]).map((w) => readMatrix({ w }, 'w').values);
  const biases = readLists(inputs, 'mlp_b').map((b) => Float64Array.from(b));
  const size = { nUsers: sides.users.rows, nItems: sides.items.rows };
  const network = createNeumf(k, { ...size, dim, layers: weights.length, initScale: 1 }, 0);
  fillParameters(network, {
    users: sides.users.values,
    items: sides.items.values,
    ...Object.fromEntries(weights.map((w, l) => [`w${l + 1}`, w])),
    ...Object.fromEntries(biases.map((b, l) => [`b${l + 1}`, b])),
    wOut: readMatrix(inputs, 'out_W').values,
    bOut: Float64Array.from(readNumbers(inputs, 'out_b')),
  });

  const scores = k.floats(size.nUsers * size.nItems);
  const everyUser = putInts(k, [...Array(size.nUsers).keys()]);
  network.score(everyUser, scores);
  const [user, item] = [readNumbers(inputs, 'user'), readNumbers(inputs, 'item')];
  const logits = user.map((u, p) => scores[u * size.nItems + item[p]!]!);

  // Any points may stand together if each is a group of its own.
  const points = { users: putInts(k, user), items: putInts(k, item), labels: put(k, readNumbers(inputs, 'label')) };
  const step = neumfStep(k, network, { dim, layerL2: 0 });
  const loss = step.accumulate(points);
  const gradientOf = (name: string) => Float64Array.from(network.parameters.find((p) => p.name === name)!.gradient);
  const nested = (name: string, columns: number) => nestRows(gradientOf(name), columns);
  const half = (name: string, from: number) => nested(name, 2 * dim).map((row) => row.slice(from, from + dim));
  const result = {
    logits,
    loss_sum: loss,
    grad_gmf_user: half('users', 0),
    grad_mlp_user: half('users', dim),
    grad_gmf_item: half('items', 0),
    grad_mlp_item: half('items', dim),
    grad_mlp_W: weights.map((w, l) => nested(`w${l + 1}`, w.length / biases[l]!.length)),
    grad_mlp_b: biases.map((_, l) => gradientOf(`b${l + 1}`)),
    grad_out_W: nested('wOut', gradientOf('wOut').length),
    grad_out_b: gradientOf('bOut'),
  };
  step.close();
  network.close();
  k.free(scores, everyUser, points.users, points.items, points.labels);
  return result;
}

/** The two embeddings of a user or item in one row, as the model keeps them. */
function joined(inputs: Inputs, side: 'user' | 'item'): Matrix {
  const [gmf, mlp] = [readLists(inputs, `gmf_${side}`), readLists(inputs, `mlp_${side}`)];
  return flattenRows(gmf.map((row, at) => [...row, ...mlp[at]!]));
}
