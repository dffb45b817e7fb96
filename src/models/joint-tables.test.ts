import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReferenceKernels } from '../kernels/index.js';
import { smallTrain } from '../testing/checks.js';
import { createJointTables } from './joint-tables.js';

const DIM = 4;
const { nUsers, nItems } = smallTrain;

/** Items 6, 7, 8 and 10 have no users. */
const counts = [3, 1, 3, 1, 1, 2, 0, 0, 0, 2, 0];

function tablesOf(shift: (item: number) => number) {
  const k = createReferenceKernels('f64');
  const table = (rows: number, at: (row: number, d: number) => number) => {
    const values = k.floats(rows * DIM);
    for (let r = 0; r < rows; r++) for (let d = 0; d < DIM; d++) values[r * DIM + d] = at(r, d);
    return values;
  };
  // The last number of a user is 1: that of an item shifts all its logits.
  const from = {
    userFactors: table(nUsers, (u, d) => (d === DIM - 1 ? 1 : Math.sin(3 * u + d))),
    itemFactors: table(nItems, (i, d) => (d === DIM - 1 ? shift(i) : Math.cos(2 * i - d))),
    dim: DIM,
  };
  const product = (
    t: { userFactors: ArrayLike<number>; itemFactors: ArrayLike<number>; dim: number },
    u: number,
    i: number,
  ) =>
    Array.from({ length: t.dim }, (_, d) => t.userFactors[u * t.dim + d]! * t.itemFactors[i * t.dim + d]!).reduce(
      (a, b) => a + b,
    );
  const joint = createJointTables(k, smallTrain);
  const grid = (t: Parameters<typeof product>[0]) =>
    Array.from({ length: nItems }, (_, i) => Array.from({ length: nUsers }, (_, u) => product(t, u, i)));
  const result = { logits: grid(from), scores: grid(joint.of(from)), again: grid(joint.of(from)) };
  joint.close();
  return result;
}

test('scores are log P(user | item) + log n, by hand', () => {
  const { logits, scores, again } = tablesOf((i) => i / 3);
  for (let i = 0; i < nItems; i++) {
    const sum = logits[i]!.map(Math.exp).reduce((a, b) => a + b);
    for (let u = 0; u < nUsers; u++) {
      const wanted = Math.log(Math.exp(logits[i]![u]!) / sum) + Math.log(counts[i] || 0.5);
      assert.ok(Math.abs(scores[i]![u]! - wanted) < 1e-9, `item ${i}, user ${u}: ${scores[i]![u]}, not ${wanted}`);
    }
  }
  assert.deepEqual(again, scores, 'tables that are made again are the same');
});

test('adding a constant to all logits of an item changes no score', () => {
  const [a, b] = [tablesOf(() => 0), tablesOf((i) => 40 - 9 * i)];
  for (const [i, row] of a.scores.entries()) {
    for (const [u, score] of row.entries())
      assert.ok(Math.abs(score - b.scores[i]![u]!) < 1e-9, `item ${i}, user ${u}`);
  }
});
