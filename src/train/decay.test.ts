import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReferenceKernels } from '../kernels/index.js';
import { batchDecay } from './decay.js';

test('each occurrence in a batch decays its row once; other rows and tables do not change', () => {
  const k = createReferenceKernels('f64');
  const table = (name: string, rows: number, of?: 'users' | 'items') => {
    const values = k.floats(rows * 2).fill(1);
    return { name, shape: [rows, 2], values, gradient: k.floats(rows * 2), ...(of ? { rows: of } : {}) };
  };
  const [users, items, weights] = [table('users', 3, 'users'), table('items', 4, 'items'), table('weights', 2)];
  const decay = batchDecay(k, [users, items, weights], 0.5, 4);
  const ids = (...values: number[]) => Int32Array.from(values);
  const batch = { users: ids(0, 0, 9), positives: ids(3, 1, 9), negatives: ids(1, 1, 2, 0, 9), perPositive: 2 };
  decay.add({ kind: 'pairs', size: 2, epoch: 1, index: 0, ...batch });
  assert.deepEqual([...users.gradient], [1, 1, 0, 0, 0, 0]);
  assert.deepEqual([...items.gradient], [0.5, 0.5, 1.5, 1.5, 0.5, 0.5, 0.5, 0.5]);
  assert.deepEqual([...weights.gradient], [0, 0, 0, 0]);
  decay.close();
});
