import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { inconsistency, preferenceList, preferencePair } from './preference.js';

const pre = Float64Array.of(0.4, -1.1, 2.2, 0.1);
const post = Float64Array.of(1.5, 0.2, -0.7, 0.9);

test('the gradients are the slopes of the losses', () => {
  const step = 1e-6;
  for (const [loss, n] of [
    [(y: Float64Array, out: Float64Array) => preferenceList(pre, y, out, 0.5), 4],
    [(y: Float64Array, out: Float64Array) => preferencePair(pre.subarray(0, 2), y, out), 2],
  ] as const) {
    const gradient = new Float64Array(n);
    loss(post.slice(0, n), gradient);
    for (let at = 0; at < n; at++) {
      const moved = (by: number) =>
        loss(
          post.slice(0, n).map((y, d) => (d === at ? y + by : y)),
          new Float64Array(n),
        );
      ok(Math.abs((moved(step) - moved(-step)) / (2 * step) - gradient[at]!) < 1e-8);
    }
  }
});

test('the loss is least at the given scores, and scores far apart stay finite', () => {
  const gradient = new Float64Array(4);
  preferenceList(pre, pre.slice(), gradient, 0.1);
  ok(gradient.every((g) => Math.abs(g) < 1e-12));
  const far = Float64Array.of(1e4, -1e4);
  const out = new Float64Array(2);
  for (const loss of [
    preferenceList(
      far,
      far.map((x) => -x),
      out,
      0.01,
    ),
    preferencePair(
      far,
      far.map((x) => -x),
      out,
    ),
  ])
    ok(Number.isFinite(loss) && loss > 1e4 && out.every(Number.isFinite));
});

test('inconsistency is the share of pairs in the opposite order', () => {
  equal(inconsistency(pre, pre), 0);
  equal(
    inconsistency(
      pre,
      pre.map((x) => -x),
    ),
    1,
  );
  equal(inconsistency(Float64Array.of(1, 2, 3), Float64Array.of(1, 3, 2)), 1 / 3);
  equal(inconsistency(Float64Array.of(1), Float64Array.of(2)), 0);
});
