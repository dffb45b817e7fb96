import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, put } from '../_agree.test.js';
import { createReferenceKernels } from '../create.js';

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  rows: fc.integer({ min: 0, max: 9 }),
  columns: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom(64, 65, 200)),
  width: fc.integer({ min: 1, max: 40 }),
  hidden: fc.array(fc.integer({ min: 1, max: 21 }), { maxLength: 4 }),
});

test('perceptronScores agrees for any number of layers of any width', () => {
  fc.assert(
    fc.property(shapes, ({ seed, rows, columns, width, hidden }) => {
      agree(
        (k) => {
          const a = put(k, numbers(seed, rows * width));
          const b = put(k, numbers(seed + 1, columns * width));
          const layers = hidden.map((units, l) => ({
            weights: put(k, numbers(seed + 2 + l, units * (hidden[l - 1] ?? width))),
            bias: put(k, numbers(seed + 12 + l, units, 0.1)),
          }));
          const output = {
            weights: put(k, numbers(seed + 22, hidden.at(-1) ?? width)),
            bias: put(k, numbers(seed + 23, 1)),
          };
          // Scores are added to what is there; numbers after the last one do not change.
          const out = put(k, numbers(seed + 24, rows * columns + 4));
          k.perceptronScores(a, b, rows, columns, width, layers, output, out);
          const copy = out.slice();
          for (const { weights, bias } of [...layers, output]) k.free(weights, bias);
          k.free(a, b, out);
          return { out: copy };
        },
        { out: 1e-5 },
      );
    }),
    { numRuns: 60 },
  );
});

test('perceptronScores by hand: relu after each layer, and NaN shows', () => {
  const k = createReferenceKernels('f64');
  const score = (a: number[], b: number[]) => {
    const out = put(k, [10]);
    const hidden = [{ weights: put(k, [1, 2, -1, -1]), bias: put(k, [0.5, 3]) }];
    k.perceptronScores(put(k, a), put(k, b), 1, 1, 2, hidden, { weights: put(k, [2, -1]), bias: put(k, [1]) }, out);
    return out[0]!;
  };
  // x = relu([3, -1]) = [3, 0]; relu([3 + 0.5, -3 + 3]) = [3.5, 0].
  assert.equal(score([1, 1], [2, -2]), 10 + 2 * 3.5 + 1);
  // x = [0, 1]; relu([2.5, 2]).
  assert.equal(score([-1, 1], [0, 0]), 10 + 2 * 2.5 - 2 + 1);
  agree((kernels) => {
    const out = kernels.floats(8);
    const one = (value: number) => put(kernels, [value]);
    const b = put(kernels, [1, Number.NaN, 3, 4, 5, 6, 7, 8]);
    const [a, w1, b1, w2, b2] = [one(1), one(1), one(0), one(1), one(0)];
    kernels.perceptronScores(a, b, 1, 8, 1, [{ weights: w1, bias: b1 }], { weights: w2, bias: b2 }, out);
    const copy = out.slice();
    kernels.free(a, b, w1, b1, w2, b2, out);
    assert.deepEqual(Array.from(copy), [2, Number.NaN, 4, 5, 6, 7, 8, 9]);
    return { out: copy };
  });
});
