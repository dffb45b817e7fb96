/** Subject `pckd-loss`: the regulariser of projectors, with its gradients. */
import { createPreference, createProjection, createSide } from 'recdistill/distill';
import type { Kernels } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put, putInts } from './_machines.js';
import { fillProjection, gradientsOf, NO_BATCH, optionsOf, readProjector } from './_projection.js';
import { readGroup, readLists, readMatrix, readNumber, readText } from './inputs.js';

export const pckdLoss: Checker = {
  // Four layers of float32 sums; a temperature of 0.1 multiplies their rounding by ten.
  float32: { abs: 1e-4, rel: 1e-4 },
  check: (inputs) => onBoth((k) => pckd(k, inputs)),
};

function pckd(k: Kernels, inputs: Inputs): Result {
  const [users, items] = [readMatrix(inputs, 'user_emb'), readMatrix(inputs, 'item_emb')];
  const given = [readGroup(inputs, 'user_projector'), readGroup(inputs, 'item_projector')].map(readProjector);
  const dims = { student: users.columns, teacher: given[0]!.b2!.length };
  const projections = given.map((projector) => {
    const projection = createProjection(k, dims, optionsOf(projector), 0, 'f');
    fillProjection(projection, projector);
    return projection;
  });
  const sides = { users: createSide(k, projections[0]!, dims), items: createSide(k, projections[1]!, dims) };
  const lists = readLists(inputs, 'items').map((list) => Int32Array.from(list));
  const rows = putInts(
    k,
    lists.map((_, row) => row),
  );
  const all = putInts(
    k,
    Array.from({ length: items.rows }, (_, item) => item),
  );
  const tables = { userFactors: put(k, users.values), itemFactors: put(k, items.values), dim: users.columns };
  const [projected, other] = [
    sides.users.project(rows, tables.userFactors, NO_BATCH).slice(),
    sides.items.project(all, tables.itemFactors, NO_BATCH).slice(),
  ];
  const scores = (u: ArrayLike<number>, i: ArrayLike<number>, dim: number) =>
    lists.map((list, row) =>
      Array.from(list, (item) => {
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += u[row * dim + d]! * i[item * dim + d]!;
        return sum;
      }),
    );
  const pre = scores(tables.userFactors, tables.itemFactors, dims.student);
  const post = scores(projected, other, dims.teacher);
  const regulariser = readText(inputs, 'kind') === 'pair' ? 'pair' : 'list';
  const scoreTemperature = regulariser === 'pair' ? 1 : readNumber(inputs, 'tau');
  const preference = createPreference(k, sides, dims.teacher, { regulariser, scoreTemperature });
  const own = preference.accumulate(rows, lists, tables, 1, NO_BATCH, true);
  const result = {
    pre_scores: pre,
    post_scores: post,
    inconsistent_pairs: own.turned / own.users,
    loss: own.loss,
    user_projector: gradientsOf(projections[0]!, given[0]!),
    item_projector: gradientsOf(projections[1]!, given[1]!),
  };
  preference.close();
  sides.users.close();
  sides.items.close();
  k.free(rows, all, tables.userFactors, tables.itemFactors);
  return result;
}
