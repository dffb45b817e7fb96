/** Subject `model-cdae`: hidden layer, outputs, and the loss on the masked pairs with its gradients, taken back through the factors. */

import type { Kernels } from 'recdistill';
import { fromPairs } from 'recdistill/data';
import { bce } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put, putInts } from './_machines.js';
import { fillParameters, makeModel } from './_model.js';
import { readMatrix, readNumbers } from './inputs.js';
import { flattenRows, type Matrix, nestRows, turned } from './matrix.js';

export const modelCdae: Checker = {
  // Two layers of float32 sums and sigmoids; e^x of the kernels is good to 5e-7.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) => onBoth((k) => cdae(k, inputs)),
};

function cdae(k: Kernels, inputs: Inputs): Result {
  const users = putInts(k, readNumbers(inputs, 'users'));
  const [x, mask, own] = [readMatrix(inputs, 'rows'), readMatrix(inputs, 'mask'), readMatrix(inputs, 'user_emb')];
  const [nItems, dim] = [x.columns, own.columns];
  const [has, masked] = [cellsOf(x), cellsOf(mask)];
  const train = fromPairs(
    own.rows,
    nItems,
    has.map(({ row }) => users[row]!),
    has.map(({ column }) => column),
  );
  const model = makeModel(k, 'cdae', train, { dim, dropout: 0 });
  const decoder = readMatrix(inputs, 'dec_W');
  fillParameters(model, {
    encoder: turned(readMatrix(inputs, 'enc_W')),
    encoderBias: Float64Array.from(readNumbers(inputs, 'enc_b')),
    users: own.values,
    decoder: Float64Array.from(
      nestRows(decoder.values, dim).flatMap((row, i) => [...row, readNumbers(inputs, 'dec_b')[i]!]),
    ),
  });
  model.forward!({ kind: 'rows', size: users.length, users, epoch: 1, index: 0 });
  const f = model.factors!(users);
  const n = masked.length;
  const pairUsers = putInts(
    k,
    masked.map(({ row }) => users[row]!),
  );
  const pairItems = putInts(
    k,
    masked.map(({ column }) => column),
  );
  const targets = put(
    k,
    masked.map(({ row, column }) => x.values[row * nItems + column]!),
  );
  const scores = k.floats(n);
  k.dotPairs(f.userFactors, f.itemFactors, f.dim, pairUsers, pairItems, scores, n);
  const loss = bce(scores, targets, scores, n);
  k.accumulate(f.userGradient, pairUsers, f.itemFactors, pairItems, scores, f.dim, n);
  k.accumulate(f.itemGradient, pairItems, f.userFactors, pairUsers, scores, f.dim, n);
  const hidden = Array.from(users, (u) => [...f.userFactors.subarray(u * f.dim, u * f.dim + dim)]);
  const outputs = k.floats(users.length * nItems);
  model.scoreRows(users, outputs);
  k.sigmoid(outputs, outputs.length);
  model.backward!();
  const gradient = Object.fromEntries(
    model.parameters.map((p) => [p.name, nestRows(p.gradient, p.shape.at(-1)!)]),
  ) as Record<'encoder' | 'encoderBias' | 'users' | 'decoder', number[][]>;
  const result = {
    hidden,
    output: nestRows(outputs, nItems),
    loss_sum: loss,
    grad_enc_W: nestRows(turned(flattenRows(gradient.encoder)), nItems),
    grad_enc_b: gradient.encoderBias[0]!,
    grad_user_emb: gradient.users,
    grad_dec_W: gradient.decoder.map((row) => row.slice(0, dim)),
    grad_dec_b: gradient.decoder.map((row) => row[dim]!),
  };
  model.close();
  k.free(users, pairUsers, pairItems, targets, scores, outputs);
  return result;
}

const cellsOf = ({ columns, values }: Matrix): { row: number; column: number }[] =>
  Array.from(values.keys())
    .filter((at) => values[at] !== 0)
    .map((at) => ({ row: Math.floor(at / columns), column: at % columns }));
