/** Subject `model-neumf`: logits of the scoring kernel, BCE loss and all gradients of a training step. */
import type { Floats, Kernels } from 'recdistill/kernels';
import { freeNeumf, neumfScores, neumfStep, neumfTables } from 'recdistill/models';
import type { Checker, Inputs, Json, Result } from './_checker.js';
import { onBoth, put, putInts } from './_machines.js';
import { fillParameters } from './_model.js';
import { readLists, readMatrix, readNumbers } from './inputs.js';
import { nestRows } from './matrix.js';

export const modelNeumf: Checker = {
  // Up to four layers of float32 sums of products of numbers below 10.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) => onBoth((k) => neumf(k, inputs)),
};

const TABLES = { gmfUsers: 'gmf_user', gmfItems: 'gmf_item', mlpUsers: 'mlp_user', mlpItems: 'mlp_item' };

function neumf(k: Kernels, inputs: Inputs): Result {
  const tables = Object.entries(TABLES).map(([name, key]) => [name, readMatrix(inputs, key)] as const);
  const [users, items] = [tables[0]![1], tables[1]![1]];
  const dim = users.columns;
  const weights = (inputs.mlp_W as readonly Json[]).map((w) => readMatrix({ w }, 'w').values);
  const biases = readLists(inputs, 'mlp_b').map((b) => Float64Array.from(b));
  const shape = { users: users.rows, items: items.rows, dim, layers: weights.length, initScale: 1 };
  const network = neumfTables(k, shape, 0);
  fillParameters(network, {
    ...Object.fromEntries(tables.map(([name, { values }]) => [name, values])),
    ...Object.fromEntries(
      weights.flatMap(
        (w, l) =>
          [
            [`w${l + 1}`, w],
            [`b${l + 1}`, biases[l]!],
          ] as const,
      ),
    ),
    wOut: readMatrix(inputs, 'out_W').values,
    bOut: Float64Array.from(readNumbers(inputs, 'out_b')),
  });

  const scores = k.floats(users.rows * items.rows);
  const everyUser = putInts(k, [...Array(users.rows).keys()]);
  neumfScores(k, network, shape, everyUser, scores);
  const [user, item] = [readNumbers(inputs, 'user'), readNumbers(inputs, 'item')];
  const logits = user.map((u, p) => scores[u * items.rows + item[p]!]!);

  // Any points may stand together if each is a group of its own.
  const points = {
    users: putInts(k, user),
    items: putInts(k, item),
    labels: put(k, readNumbers(inputs, 'label')),
  };
  const step = neumfStep(k, network, dim, user.length, user.length);
  const loss = step.accumulate(points);
  const gradientOf = (name: string) => network.parameters.find((p) => p.name === name)!.gradient;
  const nested = (name: string, columns: number) => nestRows(gradientOf(name), columns);
  const result = {
    logits,
    loss_sum: loss,
    ...Object.fromEntries(Object.entries(TABLES).map(([name, key]) => [`grad_${key}`, nested(name, dim)])),
    grad_mlp_W: weights.map((w, l) => nested(`w${l + 1}`, w.length / biases[l]!.length)),
    grad_mlp_b: biases.map((_, l) => copied(gradientOf(`b${l + 1}`))),
    grad_out_W: nested('wOut', gradientOf('wOut').length),
    grad_out_b: copied(gradientOf('bOut')),
  };
  step.close();
  freeNeumf(k, network);
  k.free(scores, everyUser, points.users, points.items, points.labels);
  return result;
}

const copied = (values: Floats): Float64Array => Float64Array.from(values);
