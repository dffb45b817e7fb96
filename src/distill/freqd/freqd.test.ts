/** The graphs of FreqD, its filter, and what it has in common with FitNet. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { transpose } from '../../data/interactions.js';
import { createKernels } from '../../kernels/index.js';
import { taught, train } from '../features/taught.test.support.js';
import { adjacencyOf, coOccurring, filterOf, nearestRows, type SparseRows } from './graph.js';

const dense = ({ indptr, indices, weights }: SparseRows): number[][] =>
  Array.from({ length: indptr.length - 1 }, (_, row) => {
    const out = new Array<number>(indptr.length - 1).fill(0);
    for (let e = indptr[row]!; e < indptr[row + 1]!; e++) out[indices[e]!] = weights[e]!;
    return out;
  });

test('a user or an item without anything in common has no neighbours, and is not smoothed', () => {
  const users = coOccurring(train, 2);
  deepEqual(
    users.map((list) => [...list]),
    [[1, 2], [0, 2], [0, 1], []],
  );
  const items = coOccurring(transpose(train), 2);
  deepEqual([...items[4]!], []);
  const filter = dense(filterOf(adjacencyOf(users), 0.25, 1));
  deepEqual(filter[3], [0, 0, 0, 0.75]);
  ok(filter[0]!.slice(0, 3).every((weight) => weight > 0));
});

test('order 2 applies the filter twice, and alpha 0 is the identity', () => {
  const adjacency = adjacencyOf(coOccurring(train, 1));
  const once = dense(filterOf(adjacency, 0.4, 1));
  const twice = dense(filterOf(adjacency, 0.4, 2));
  once.forEach((row, i) => {
    for (let j = 0; j < row.length; j++) {
      const expected = row.reduce((sum, weight, middle) => sum + weight * once[middle]![j]!, 0);
      ok(Math.abs(twice[i]![j]! - expected) < 1e-12);
    }
  });
  deepEqual(dense(filterOf(adjacency, 0, 2)), [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ]);
});

test('neighbours by the embeddings of the teacher have the largest cosine; more than there are is no error', () => {
  const table = Float32Array.of(1, 0, 5, 1, 0, 1, -1, 0, 0, 0);
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 26 });
  deepEqual(
    nearestRows(k, table, 2, 1)
      .map((list) => [...list])
      .slice(0, 4),
    [[1], [0], [1], [2]],
  );
  ok(nearestRows(k, table, 2, 10).every((list, row) => list.length === 4 && !list.includes(row)));
  deepEqual(
    nearestRows(k, Float32Array.of(1, 2), 2, 3).map((list) => list.length),
    [0],
  );
  k.close();
});

test('with alpha 0 freqd is fitnet: half of it if directions are compared', async () => {
  deepEqual(await taught('freqd', { alpha: 0, normalize: false }), await taught('fitnet', {}));
  const [cosine, distance] = [await taught('freqd', { alpha: 0 }), await taught('fitnet', { normalize: true })];
  ok(Math.abs(2 * cosine.loss - distance.loss) < 1e-12);
  equal(cosine.gradients.flat().length, distance.gradients.flat().length);
  distance.gradients.flat().forEach((g, at) => {
    ok(Math.abs(2 * cosine.gradients.flat()[at]! - g) < 1e-12);
  });
});

test('smoothing before a linear projector gives the same as after it', async () => {
  const before = await taught('freqd', { normalize: false });
  // Projectors with a constant are computed for all neighbours. Here the constants are 0.
  const after = await taught('freqd', { normalize: false, projectorBias: true });
  ok(Math.abs(before.loss - after.loss) < 1e-12);
  const [ofUsers, ofItems, ofProjector] = before.gradients;
  [ofUsers, ofItems, ofProjector].forEach((gradient, n) => {
    gradient!.forEach((g, at) => {
      ok(Math.abs(after.gradients[n]![at]! - g) < 1e-12);
    });
  });
});
