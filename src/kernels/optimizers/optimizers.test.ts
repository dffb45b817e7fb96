import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, put } from '../_agree.test.js';
import { createReferenceKernels } from '../create.js';
import type { Kernels } from '../kernels.js';

type Floats = ReturnType<Kernels['floats']>;
type Step = (k: Kernels, parameter: Floats, gradient: Floats, state: readonly [Floats, Floats], step: number) => void;

/**
 * Numbers of 0.005 to 0.105 and their negatives. Where a gradient and its weight decay (at most 0.001 here) cancel to about epsilon, Adam's step of
 * learningRate * g / (|g| + epsilon) hangs on the last bits of g, so that float32 and float64 rightly differ (seen: -4.5536e-5 + 4.5527e-5).
 */
const gradientOf = (seed: number, n: number): Float32Array =>
  numbers(seed, n, 0.1).map((x) => Math.fround(x + Math.sign(x) * 0.005));

/** Five steps with a new gradient each; every step must leave the gradient at zero. */
function train(n: number, seed: number, update: Step): void {
  agree(
    (k) => {
      const parameter = put(k, numbers(seed, n));
      const gradient = k.floats(n);
      const state = [k.floats(n), k.floats(n)] as const;
      for (let step = 1; step <= 5; step++) {
        gradient.set(gradientOf(seed + step, n));
        update(k, parameter, gradient, state, step);
        assert.ok(gradient.every((g) => g === 0));
      }
      const out = { parameter: parameter.slice(), first: state[0].slice(), second: state[1].slice() };
      k.free(parameter, gradient, ...state);
      return out;
    },
    { parameter: 2e-6, first: 2e-6, second: 2e-6 },
  );
}

const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(16_384, 16_387));
const l2 = fc.constantFrom(0, 1e-3);
const learningRate = fc.constantFrom(1e-3, 0.05);

test('adam agrees on any length', () => {
  fc.assert(
    fc.property(length, fc.nat(1000), learningRate, l2, (n, seed, rate, decay) => {
      const rest = { learningRate: rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, l2: decay };
      train(n, seed + 1, (k, p, g, [first, second], step) => k.adam(p, g, first, second, { ...rest, step }));
    }),
    { numRuns: 15 },
  );
});

const table = fc.record({
  rows: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(1500)),
  dim: fc.integer({ min: 1, max: 21 }),
  seed: fc.nat(1000),
});

test('lazyAdam agrees on any shape, with rows that never, sometimes and always have a gradient', () => {
  fc.assert(
    fc.property(table, learningRate, l2, ({ rows, dim, seed }, rate, decay) => {
      const rest = { learningRate: rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, l2: decay };
      train(rows * dim, seed + 1, (k, p, g, [first, second], step) => {
        for (let r = 0; r < rows; r++) if (r % 3 === 1 || (r + step) % 3 === 2) g.fill(0, r * dim, (r + 1) * dim);
        // A single number, also the last of a row, is a gradient.
        if (rows > 4) g[4 * dim + dim - 1] = 0.5;
        const still = p.slice(dim, 2 * dim);
        k.lazyAdam(p, g, first, second, dim, { ...rest, step });
        assert.deepEqual(p.slice(dim, 2 * dim), still);
      });
    }),
    { numRuns: 15 },
  );
});

test('every optimiser gives the same result on marked rows as on all rows if the others have no gradient', () => {
  type OnRows = (k: Kernels, t: readonly Floats[], dim: number, rows: Int32Array | undefined, step: number) => void;
  const only = (dim: number, rows: Int32Array | undefined) => rows && { rows, dim };
  const kinds: Record<string, OnRows> = {
    lazyAdam: (k, [p, g, a, b], dim, rows, step) =>
      k.lazyAdam(p!, g!, a!, b!, dim, { ...adamOptions, l2: 0.1, step }, rows),
    sgd: (k, [p, g, a], dim, rows, step) =>
      k.sgd(p!, g!, a!, { learningRate: 0.1, momentum: 0, l2: 0, step }, only(dim, rows)),
    adagrad: (k, [p, g, a], dim, rows) =>
      k.adagrad(p!, g!, a!, { learningRate: 0.1, epsilon: 1e-10, l2: 0 }, only(dim, rows)),
  };
  const some = table.chain((t) => fc.record({ t: fc.constant(t), chosen: fc.array(fc.nat(Math.max(0, t.rows - 1))) }));
  for (const [name, update] of Object.entries(kinds)) {
    fc.assert(
      fc.property(some, ({ t: { rows, dim, seed }, chosen }) => {
        if (rows === 0) return;
        const trainOn = (k: Kernels, listed: boolean) => {
          const gradient = k.floats(rows * dim);
          const state = [k.floats(rows * dim), k.floats(rows * dim)];
          const tables = [put(k, numbers(seed + 1, rows * dim)), gradient, ...state];
          const list = Object.assign(k.ints(new Set(chosen).size), [...new Set(chosen)]);
          for (let step = 1; step <= 3; step++) {
            const fresh = numbers(seed + step, rows * dim);
            for (const r of list) gradient.set(fresh.subarray(r * dim, (r + 1) * dim), r * dim);
            update(k, tables, dim, listed ? list : undefined, step);
            assert.ok(gradient.every((g) => g === 0));
          }
          const out = tables.map((x) => x.slice());
          k.free(...tables, list);
          return out;
        };
        agree(
          (k) => {
            const [some, all] = [trainOn(k, true), trainOn(k, false)];
            assert.deepEqual(some, all, name);
            return { parameter: some[0]! };
          },
          { parameter: 2e-5 },
        );
      }),
      { numRuns: 10 },
    );
  }
});

const adamOptions = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

test('clipRows agrees on any shape, and leaves no row longer than asked', () => {
  fc.assert(
    fc.property(table, fc.constantFrom(0.5, 1, 2), ({ rows, dim, seed }, length) => {
      const { clipped } = agree(
        (k) => {
          const rowsIn = put(k, numbers(seed + 1, rows * dim));
          k.clipRows(rowsIn, dim, length);
          const out = rowsIn.slice();
          k.free(rowsIn);
          return { clipped: out };
        },
        { clipped: 1e-6 },
      );
      const before = numbers(seed + 1, rows * dim);
      for (let r = 0; r < rows; r++) {
        const own = Math.hypot(...clipped!.slice(r * dim, (r + 1) * dim));
        const was = Math.hypot(...before.subarray(r * dim, (r + 1) * dim));
        assert.ok(Math.abs(own - Math.min(was, length)) < 1e-9, `a row of length ${was} now has ${own}`);
      }
    }),
    { numRuns: 20 },
  );
});

test('sgd agrees on any length, with and without momentum', () => {
  fc.assert(
    fc.property(length, fc.nat(1000), learningRate, fc.constantFrom(0, 0.9), l2, (n, seed, rate, momentum, decay) => {
      const rest = { learningRate: rate, momentum, l2: decay };
      train(n, seed + 1, (k, p, g, [buffer], step) => k.sgd(p, g, buffer, { ...rest, step }));
    }),
    { numRuns: 15 },
  );
});

test('adagrad agrees on any length', () => {
  fc.assert(
    fc.property(length, fc.nat(1000), learningRate, l2, (n, seed, rate, decay) => {
      const rest = { learningRate: rate, epsilon: 1e-10, l2: decay };
      train(n, seed + 1, (k, p, g, [squares]) => k.adagrad(p, g, squares, rest));
    }),
    { numRuns: 15 },
  );
});

test('the first steps are those of torch.optim, worked out by hand', () => {
  const k = createReferenceKernels();
  const after = (update: (p: Floats, g: Floats, a: Floats, b: Floats) => void) => {
    const p = Float64Array.of(1);
    update(p, Float64Array.of(0.5), Float64Array.of(7), Float64Array.of(0));
    return p[0]!;
  };
  const near = (x: number, expected: number) => assert.ok(Math.abs(x - expected) < 1e-12, `${x}, not ${expected}`);
  // Adam's first step has the size of the learning rate: both corrections cancel.
  const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 0, l2: 0, step: 1 };
  near(
    after((p, g, _, b) => k.adam(p, g, Float64Array.of(0), b, adam)),
    0.9,
  );
  // In the first step momentum takes the gradient (0.5 + 0.2 * 1), whatever the buffer holds.
  near(
    after((p, g, a) => k.sgd(p, g, a, { learningRate: 0.1, momentum: 0.9, l2: 0.2, step: 1 })),
    0.93,
  );
  near(
    after((p, g, a) => k.sgd(p, g, a, { learningRate: 0.1, momentum: 0.9, l2: 0.2, step: 2 })),
    1 - 0.1 * (0.7 + 6.3),
  );
  near(
    after((p, g, _, b) => k.adagrad(p, g, b, { learningRate: 0.1, epsilon: 0, l2: 0 })),
    0.9,
  );
});

test('parameters and moments that fade away become 0, and NaN stays', () => {
  const n = 7;
  const tiny = [1e-29, -1e-29, 1e-31, -1e-31, 1e-40, 0, Number.NaN];
  const left = [1e-29, -1e-29, 0, 0, 0, 0, Number.NaN];
  const { sgd, adagrad, adam } = agree(
    (k) => {
      const after = (update: (p: Floats, g: Floats, a: Floats, b: Floats) => void) => {
        const [parameter, gradient, first, second] = [put(k, tiny), k.floats(n), put(k, tiny), k.floats(n)] as const;
        update(parameter, gradient, first, second);
        const out = [parameter.slice(), first.slice()];
        k.free(parameter, gradient, first, second);
        return out;
      };
      const step = { learningRate: 1e-3, l2: 0, step: 2 };
      const [sgd] = after((p, g, a) => k.sgd(p, g, a, { ...step, momentum: 0 }));
      const [adagrad] = after((p, g, _, b) => k.adagrad(p, g, b, { ...step, epsilon: 1e-8 }));
      // The moment is multiplied by 0.9 and divided by the root of 0, so the parameter moves by 1e-24 or nothing.
      const [, adam] = after((p, g, a, b) => k.adam(p, g, a, b, { ...step, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }));
      return { sgd: sgd!, adagrad: adagrad!, adam: adam! };
    },
    { sgd: 1e-6, adagrad: 1e-6, adam: 1e-6 },
  );
  const rounded = (values: ArrayLike<number>) => Array.from(values, (x) => Number(x.toPrecision(3)));
  assert.deepEqual(rounded(sgd!), left);
  assert.deepEqual(rounded(adagrad!), left);
  assert.deepEqual(
    rounded(adam!),
    left.map((x) => Number((0.9 * x).toPrecision(3))),
  );
});
