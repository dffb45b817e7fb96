import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
import { stream } from '../math/random.js';
import { unitNorm } from './row-vae.js';
import { type Dropout, takeRowBlock } from './vae-rows.js';

const matrix = fromPairs(4, 100, [...Array(64).fill(0), 1, 1, 1, 1, 3], [...Array(64).keys(), 5, 7, 50, 99, 8]);

function blockOf(ids: readonly number[], dropout?: Dropout) {
  const k = createReferenceKernels();
  const block = takeRowBlock(k, matrix, Int32Array.from(ids), unitNorm, dropout);
  const n = block.input.indptr[ids.length]!;
  const copy = {
    indptr: [...block.input.indptr],
    indices: [...block.input.indices.subarray(0, n)],
    weights: [...block.input.weights.subarray(0, n)],
    rowOf: [...block.rowOf.subarray(0, n)],
    targets: ids.map((_, r) => [
      ...block.targets.indices.subarray(block.targets.indptr[r]!, block.targets.indptr[r + 1]!),
    ]),
  };
  block.close();
  assert.equal(k.bytesInUse, 0);
  return copy;
}

test('a row has unit norm and keeps its targets; an empty row stays empty', () => {
  assert.deepEqual(blockOf([3, 2, 1]), {
    indptr: [0, 1, 1, 5],
    indices: [8, 5, 7, 50, 99],
    weights: [1, 0.5, 0.5, 0.5, 0.5],
    rowOf: [0, 2, 2, 2, 2],
    targets: [[8], [], [5, 7, 50, 99]],
  });
});

test('dropout hides the asked share, scales up the rest, and leaves the targets', () => {
  const key = stream(1, 'dropout');
  let kept = 0;
  for (let epoch = 1; epoch <= 100; epoch++) {
    const { indices, weights, targets } = blockOf([0], { rate: 0.75, key, epoch });
    kept += indices.length;
    assert.ok(
      weights.every((w) => Math.abs(w - 0.5) < 1e-12),
      'one eighth for the norm, times 4',
    );
    assert.equal(targets[0]!.length, 64);
  }
  assert.ok(Math.abs(kept / 6400 - 0.25) < 0.03, `kept ${kept} of 6400`);
});

test('dropout of a row depends on the epoch, not on the other rows', () => {
  const dropout = { rate: 0.5, key: stream(1, 'dropout'), epoch: 4 };
  const alone = blockOf([0], dropout);
  assert.deepEqual(blockOf([1, 0], dropout).indices.slice(-alone.indices.length), alone.indices);
  assert.notDeepEqual(blockOf([0], { ...dropout, epoch: 5 }).indices, alone.indices);
});
