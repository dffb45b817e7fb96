import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fromPairs } from '../data/interactions.js';
import { RecdistillError } from '../errors.js';
import { createReferenceKernels } from '../kernels/index.js';
import type { TrainableModel } from './_model.js';
import { neumf } from './neumf.js';
import { createNeumf, neumfWidths } from './neumf-network.js';
import { neumfStep } from './neumf-step.js';

const k = createReferenceKernels('f64');
after(k.close);

const train = fromPairs(3, 6, [0, 0, 1, 2], [0, 3, 1, 5]);
const make = (options: Readonly<Record<string, unknown>>, data = train) =>
  neumf.create({ kernels: k, train: data, seed: 2 }, neumf.options.parse(options)) as TrainableModel;
const ints = (...values: number[]) => Object.assign(k.ints(values.length), values);

test('each layer halves the width, rounded down', () => {
  assert.deepEqual(neumfWidths(32, 3), [32, 16, 8]);
  assert.deepEqual(neumfWidths(11, 4), [11, 5, 2, 1]);
  assert.deepEqual(neumfWidths(1, 2), [1, 0]);
});

test('as many layers as the width allows, and one more is refused with what to do', () => {
  make({ dim: 6, layers: 3 }).close();
  assert.throws(
    () => make({ dim: 6, layers: 4 }),
    (error: unknown) => {
      assert.ok(error instanceof RecdistillError && error.code === 'bad-option');
      assert.match(error.message, /layers.*of neumf is 4; expected at most 3 with dim 6/);
      return true;
    },
  );
  assert.equal(k.bytesInUse, 0);
});

const shape = { nUsers: 3, nItems: 6, dim: 5, layers: 2, initScale: 0.7 };

test('scores are those of the definition', () => {
  const network = createNeumf(k, shape, 4);
  const ids = ints(2, 0);
  const out = k.floats(12);
  network.score(ids, out);
  const rowOf = (values: ArrayLike<number>, row: number, columns: number) =>
    Array.from({ length: columns }, (_, d) => values[row * columns + d]!);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, d) => sum + value * b[d]!, 0);
  const { hidden, output } = network.values;
  for (const [r, u] of [2, 0].entries()) {
    for (let i = 0; i < 6; i++) {
      const [user, item] = [rowOf(network.users.values, u, 10), rowOf(network.items.values, i, 10)];
      let x = [...user.slice(5), ...item.slice(5)];
      for (const { weights, bias } of hidden) {
        const inputs = x;
        x = Array.from(bias, (b, unit) => Math.max(0, b + dot(rowOf(weights, unit, inputs.length), inputs)));
      }
      const product = user.slice(0, 5).map((value, d) => value * item[d]!);
      const expected = dot(Array.from(output.weights), [...product, ...x]) + output.bias[0]!;
      assert.ok(Math.abs(out[r * 6 + i]! - expected) < 1e-12, `user ${u}, item ${i}`);
    }
  }
  k.free(ids, out);
  network.close();
});

test('a batch has each interaction once with label 1 and each sampled negative once with label 0', () => {
  const model = make({ dim: 5, layers: 2, initScale: 0.7, batchSize: 4, negatives: 2, layerL2: 0 });
  const network = createNeumf(k, shape, 9);
  model.parameters.forEach((p, at) => void network.parameters[at]!.values.set(p.values));
  const batch = {
    kind: 'pairs',
    size: 3,
    users: ints(1, 0, 1, 2),
    positives: ints(1, 3, 4, 0),
    negatives: ints(0, 5, 5, 2, 0, 0, 1, 1),
    perPositive: 2,
    epoch: 1,
    index: 0,
  } as const;
  const loss = model.accumulate(batch);
  const step = neumfStep(k, network, { dim: shape.dim, layerL2: 0 });
  const labels = Object.assign(k.floats(9), [1, 1, 1, 0, 0, 0, 0, 0, 0]);
  const same = step.accumulate({
    users: ints(1, 0, 1, 1, 1, 0, 0, 1, 1),
    items: ints(1, 3, 4, 0, 5, 5, 2, 0, 0),
    labels,
  });
  assert.ok(Math.abs(loss - same) < 1e-12 && loss > 1);
  model.parameters.forEach((p, at) => {
    p.gradient.forEach((g, d) => {
      assert.ok(Math.abs(g - network.parameters[at]!.gradient[d]!) < 1e-12, `gradient of ${p.name}[${d}]`);
    });
  });
  assert.ok(model.parameters.every((p) => p.gradient.some((g) => g !== 0)));
});

test('layerL2 only decays the layers', () => {
  const batch = {
    kind: 'pairs',
    size: 1,
    users: ints(1),
    positives: ints(1),
    negatives: ints(4),
    perPositive: 1,
    epoch: 1,
    index: 0,
  } as const;
  const [plain, decayed] = [0, 0.3].map((layerL2) => {
    const model = make({ dim: 5, layers: 2, initScale: 0.7, layerL2 });
    return { loss: model.accumulate(batch), parameters: model.parameters };
  }) as [
    { loss: number; parameters: TrainableModel['parameters'] },
    { loss: number; parameters: TrainableModel['parameters'] },
  ];
  let penalty = 0;
  decayed.parameters.forEach((p, at) => {
    p.gradient.forEach((g, d) => {
      const pull = p.rows ? 0 : 0.3 * p.values[d]!;
      penalty += (pull * p.values[d]!) / 2;
      assert.ok(Math.abs(g - plain.parameters[at]!.gradient[d]! - pull) < 1e-12, `gradient of ${p.name}[${d}]`);
    });
  });
  assert.ok(penalty > 0.1);
  assert.ok(Math.abs(decayed.loss - plain.loss - penalty) < 1e-12);
});
