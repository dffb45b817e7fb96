import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRows, encodeRows, exponentsOf, scaleOf, scalesOf } from './codes.js';
import { fromHalf, toHalf } from './half.js';

const rows = fc
  .record({
    dim: fc.integer({ min: 1, max: 6 }),
    numbers: fc.array(fc.float({ noNaN: true, min: -(2 ** 49), max: 2 ** 49 }), { minLength: 6, maxLength: 40 }),
  })
  .map(({ dim, numbers }) => ({
    dim,
    factors: Float32Array.from(numbers.slice(0, numbers.length - (numbers.length % dim))),
  }));

test('a scale is the smallest power of two that holds a row', () => {
  for (const [numbers, most, expected] of [
    [[127], 127, 1],
    [[127.00001], 127, 2],
    [[-3, 63.5], 127, 0.5],
    [[0, 0], 127, 2 ** -80],
    [[1e-44], 127, 2 ** -80],
    [[1], 32_767, 2 ** -14],
  ] as const) {
    assert.equal(scaleOf(numbers, 0, numbers.length, most), expected, String(numbers));
  }
});

for (const [bytes, accuracy] of [
  [1, 126],
  [2, 32_000],
] as const)
  test(`codes of ${bytes} bytes are accurate to 1 / ${accuracy} of the row's largest value, and encoding again changes nothing`, () => {
    fc.assert(
      fc.property(rows, ({ dim, factors }) => {
        const coded = encodeRows(factors, dim, bytes);
        assert.deepEqual(scalesOf(exponentsOf(coded.scales)), coded.scales);
        const back = decodeRows(coded, dim);
        for (let row = 0; row < factors.length; row += dim) {
          const largest = Math.max(...factors.subarray(row, row + dim).map(Math.abs), 2 ** -73);
          for (let j = row; j < row + dim; j++) {
            assert.ok(Math.abs(back[j]! - factors[j]!) <= largest / accuracy, `${factors[j]} became ${back[j]}`);
          }
        }
        assert.deepEqual(
          decodeRows(encodeRows(back, dim, bytes), dim),
          back.map((v) => v + 0),
        );
      }),
    );
  });

test('half precision: all patterns come back, and numbers go to the nearest', () => {
  const patterns = Uint16Array.from({ length: 65_536 }, (_, n) => n);
  const values = fromHalf(patterns);
  assert.deepEqual([values[0x3c00], values[0xc000], values[0x7bff], values[1]], [1, -2, 65_504, 2 ** -24]);
  assert.deepEqual([values[0x7c00], values[0xfc00], values[0x7e00]], [Infinity, -Infinity, Number.NaN]);
  const finite = patterns.filter((n) => (n & 0x7c00) !== 0x7c00);
  assert.deepEqual(toHalf(fromHalf(finite)), finite);
  for (let n = 0; n < 0x7bff; n++) {
    const [low, high] = [values[n]!, values[n + 1]!];
    const middle = (low + high) / 2;
    const near = [middle - (high - low) / 16, middle, middle + (high - low) / 16];
    const even = n % 2 === 0 ? n : n + 1;
    assert.deepEqual([...toHalf(Float32Array.from(near))], [n, even, n + 1]);
  }
  assert.deepEqual([...toHalf(Float32Array.of(65_519, 65_520, -1e9))], [0x7bff, 0x7c00, 0xfc00]);
});
