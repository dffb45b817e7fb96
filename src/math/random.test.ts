import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DrawPlaces, scaleWord, shuffle, stream, threefry2x32, uniform, uniformInt } from './random.js';

test('threefry2x32 gives the known answers of its authors', () => {
  const out = new Uint32Array(2);
  const hex = () => [...out].map((w) => w.toString(16).padStart(8, '0')).join(' ');
  threefry2x32(0, 0, 0, 0, out);
  assert.equal(hex(), '6b200159 99ba4efe');
  threefry2x32(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, out);
  assert.equal(hex(), '1cb996fc bb002be7');
  threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, out);
  assert.equal(hex(), 'c4923a9c 483df7a0');
});

test('streams differ by seed and by purpose, and any safe integer is a seed', () => {
  const seeds = [0, 1, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  const keys = seeds.flatMap((s) => ['split', 'splis', 'negatives'].map((p) => JSON.stringify(stream(s, p))));
  assert.equal(new Set(keys).size, keys.length);
  assert.deepEqual(stream(7, 'split'), stream(7, 'split'));
  for (const bad of [0.5, Number.NaN, 2 ** 53]) assert.throws(() => stream(bad, 'x'), { code: 'bad-option' });
});

test('scaleWord equals the exact 64-bit multiply-shift', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(word, fc.integer({ min: 1, max: 2 ** 32 }), (w, bound) => {
      assert.equal(scaleWord(w, bound), Number((BigInt(w) * BigInt(bound)) >> 32n));
    }),
  );
});

test('uniform and uniformInt are in range and equally distributed', () => {
  const key = stream(3, 'level');
  const n = 60_000;
  const bins = new Int32Array(6);
  let mean = 0;
  for (let i = 0; i < n; i++) {
    bins[uniformInt(key, i, 0, 6)]! += 1;
    const u = uniform(key, i, 1);
    assert.ok(u >= 0 && u < 1);
    mean += u / n;
  }
  // Five standard deviations: 457 of 10,000 in a bin, 0.0059 of the mean.
  for (const b of bins) assert.ok(Math.abs(b - n / 6) < 457, `bin of ${b}`);
  assert.ok(Math.abs(mean - 0.5) < 0.0059, `mean ${mean}`);
});

test('a long array is shuffled as swap by swap, and its places can be drawn otherwise', () => {
  const key = stream(4, 'shuffle');
  const [n, epoch] = [10_000, 3];
  const expected = Array.from({ length: n }, (_, k) => k);
  for (let i = n - 1; i > 0; i--) {
    const j = uniformInt(key, epoch, i, i + 1);
    [expected[i], expected[j]] = [expected[j]!, expected[i]!];
  }
  const own = Int32Array.from({ length: n }, (_, k) => k);
  shuffle(own, key, epoch);
  assert.deepEqual(Array.from(own), expected);
  const other = Int32Array.from({ length: n }, (_, k) => k);
  const draw: DrawPlaces = (out, of, count, last) => {
    for (let k = 0; k < out.length; k++) out[k] = uniformInt(of, count, last - k, last - k + 1);
  };
  shuffle(other, key, epoch, draw, new Int32Array(77));
  assert.deepEqual(Array.from(other), expected);
});

test('shuffle is a permutation, repeats by key and epoch, and makes every order', () => {
  const seen = new Set<string>();
  const key = stream(0, 'shuffle');
  for (let epoch = 0; epoch < 200; epoch++) {
    const a = Int32Array.of(0, 1, 2, 3);
    const b = [0, 1, 2, 3];
    shuffle(a, key, epoch);
    shuffle(b, key, epoch);
    assert.deepEqual([...a], b);
    assert.deepEqual([...a].sort(), [0, 1, 2, 3]);
    seen.add(b.join());
  }
  assert.equal(seen.size, 24);
});
