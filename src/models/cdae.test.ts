import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs, has, itemsOf } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
import type { RowBatch, TrainableModel } from './_model.js';
import { cdae } from './cdae.js';
import { createMask } from './cdae-mask.js';

// User 3 has nothing, user 4 all but one item.
const train = fromPairs(5, 6, [0, 0, 1, 2, 2, 2, 4, 4, 4, 4, 4], [1, 4, 0, 2, 3, 5, 0, 1, 2, 3, 4]);

test('the mask holds each interaction and, at most once, items that the user does not have', () => {
  const k = createReferenceKernels();
  const mask = createMask(k, train, 4, 3, 7, 'mask');
  const drawOf = (users: readonly number[], epoch: number, index = 0) => {
    const n = mask.draw(Int32Array.from(users), epoch, index);
    return Array.from({ length: n }, (_, at) => [mask.users[at]!, mask.items[at]!, mask.targets[at]!] as const);
  };
  const seen = new Set<number>();
  for (let epoch = 1; epoch <= 40; epoch++) {
    const pairs = drawOf([4, 3, 0], epoch);
    assert.equal(new Set(pairs.map(([u, i]) => u * 6 + i)).size, pairs.length, 'no pair twice');
    assert.ok(pairs.every(([u, i, target]) => (target === 1) === has(train, u, i)));
    for (const u of [0, 3, 4]) {
      const own = pairs.filter(([user]) => user === u);
      assert.deepEqual(
        own.filter((p) => p[2] === 1).map((p) => p[1]),
        [...itemsOf(train, u)],
      );
      assert.ok(own.length <= 5 * itemsOf(train, u).length);
    }
    for (const [u, i, target] of pairs) if (u === 0 && target === 0) seen.add(i);
  }
  assert.deepEqual([...seen].sort(), [0, 2, 3, 5]);
  assert.deepEqual(drawOf([0, 1, 2], 3), drawOf([0, 1, 2], 3));
  const draws = [drawOf([0, 1, 2], 3), drawOf([0, 1, 2], 4), drawOf([0, 1, 2], 3, 1)].map((d) => JSON.stringify(d));
  assert.equal(new Set(draws).size, 3, 'epochs and batches draw anew');
  mask.close();
  assert.equal(k.bytesInUse, 0);
});

test('the mask spares items that are to be avoided', () => {
  const k = createReferenceKernels();
  const avoided = fromPairs(5, 6, [0, 0, 0, 0, 0], [0, 1, 2, 3, 4]);
  const mask = createMask(k, { ...train, avoided }, 4, 3, 7, 'mask');
  const n = mask.draw(Int32Array.of(0), 1, 0);
  const drawn = Array.from(mask.items.subarray(0, n)).filter((_, at) => mask.targets[at] === 0);
  assert.deepEqual(drawn, [5]);
  mask.close();
});

function small(dropout: number) {
  const k = createReferenceKernels();
  const o = cdae.options.parse({ dim: 3, batchSize: 3, dropout });
  const model = cdae.create({ kernels: k, train, seed: 1 }, o) as TrainableModel;
  const rows = (...users: number[]): RowBatch => {
    return { kind: 'rows', size: users.length, users: Int32Array.from(users), epoch: 2, index: 0 };
  };
  const row = (u: number) => [...model.factors!(Int32Array.of(u)).userFactors.subarray(u * 4, u * 4 + 4)];
  return { k, model, rows, row };
}

test('within a batch items are dropped, the same for all losses; outside the row is whole', () => {
  const { model, rows, row } = small(0.5);
  const whole = row(4);
  model.forward!(rows(4));
  const dropped = row(4);
  assert.notDeepEqual(dropped, whole);
  assert.deepEqual(row(4), dropped);
  model.backward!();
  assert.deepEqual(row(4), whole);
  model.forward!({ ...rows(4), epoch: 3 });
  assert.notDeepEqual(row(4), dropped);
  model.backward!();
  model.close();
});

test('gradients of several losses in one batch add up, and the next batch starts from none', () => {
  const gradientsOf = (losses: readonly (readonly number[])[]) => {
    const { model, rows } = small(0);
    model.forward!(rows(0, 1));
    for (const users of losses) {
      const f = model.factors!(Int32Array.from(users));
      for (const u of users) for (let d = 0; d < 3; d++) f.userGradient[u * 4 + d]! += u + d + 1;
    }
    model.backward!();
    const once = model.parameters.map((p) => Array.from(p.gradient));
    model.forward!(rows(0, 1));
    model.factors!(Int32Array.of(0, 1, 2));
    model.backward!();
    assert.deepEqual(
      model.parameters.map((p) => Array.from(p.gradient)),
      once,
    );
    model.close();
    return once.flat();
  };
  const [together, apart] = [gradientsOf([[0, 1, 2]]), gradientsOf([[0, 1], [2]])];
  assert.ok(together.some((g) => g !== 0));
  for (const [at, g] of together.entries()) assert.ok(Math.abs(g - apart[at]!) < 1e-15);
  const [one, two] = [gradientsOf([[1]]), gradientsOf([[1], [1]])];
  for (const [at, g] of one.entries()) assert.ok(Math.abs(2 * g - two[at]!) < 1e-15);
});

test('closing in the middle of a batch gives all memory back', () => {
  const { k, model, rows } = small(0.5);
  model.forward!(rows(0, 2));
  model.accumulate(rows(0, 2));
  model.close();
  assert.equal(k.bytesInUse, 0);
});
