import { deepEqual, ok, throws } from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { close, everyMachine } from '../_machines.test.js';
import { createKernels } from '../create.js';
import { fmaProblem } from '../machine/arithmetic.js';
import { createWasmMachine } from '../machine/wasm.js';
import { type GemmForm, type GemmOptions, gemmWasm } from './gemm.js';

const machines = everyMachine();
after(() => machines.close());

/** Whole numbers from -4 to 4: products and sums are exact in float32, so that every machine must give the same. */
const whole = (length: number, seed: number) =>
  Array.from({ length }, (_, k) => (((k + 1) * (2 * seed + 7919)) % 9) - 4);
const real = (length: number, seed: number) => Array.from({ length }, (_, k) => Math.sin(k * 1.7 + seed));

function product(
  numbers: typeof whole,
  [m, n, k]: readonly [number, number, number],
  form: GemmForm,
  options: GemmOptions & { gap?: number } = {},
) {
  const { gap = 0, ...given } = options;
  const [aRows, aColumns] = form === 'tn' ? [k, m] : [m, k];
  const [bRows, bColumns] = form === 'nt' ? [n, k] : [k, n];
  const ld = gap > 0 ? { lda: aColumns + gap, ldb: bColumns + gap, ldc: n + gap } : {};
  return machines.run((kernels, take) => {
    const a = take.floats(numbers(aRows * (aColumns + gap), 1));
    const b = take.floats(numbers(bRows * (bColumns + gap), 2));
    const c = take.floats(numbers(m * (n + gap), 3));
    kernels.gemm(a, b, c, m, n, k, form, { ...given, ...ld });
    return { c };
  });
}

test('gemm is exact on whole numbers: any shape, form, leading dimension, alpha, with and without adding', () => {
  const size = fc.integer({ min: 0, max: 70 });
  const form = fc.constantFrom<GemmForm>('nn', 'nt', 'tn');
  fc.assert(
    fc.property(
      size,
      size,
      size,
      form,
      fc.constantFrom(0, 1, 5),
      fc.boolean(),
      fc.constantFrom(1, -1, 0.5),
      (m, n, k, f, gap, accumulate, alpha) => {
        const { wasm, f32, f64 } = product(whole, [m, n, k], f, { gap, accumulate, alpha });
        // Adding 0 makes -0 and 0 the same.
        const expected = f64.c.map((x) => x + 0);
        deepEqual(
          f32.c.map((x) => x + 0),
          expected,
        );
        deepEqual(
          wasm.c.map((x) => x + 0),
          expected,
        );
      },
    ),
    { numRuns: 60 },
  );
});

for (const form of ['nn', 'nt', 'tn'] as const) {
  test(`gemm ${form}: several tiles, several blocks of terms, and a long sum in parts agree with float64`, () => {
    for (const shape of [
      [131, 1029, 300],
      [517, 67, 257],
      [37, 41, 5000],
    ] as const) {
      const { wasm, others, f64 } = product(real, shape, form, { alpha: 0.75, accumulate: true });
      for (const { c } of [wasm, ...others]) close(c, f64.c, 2e-5);
    }
  });
}

test('gemm lower: everything on and below the diagonal, even in a product of many tiles', () => {
  const n = 600;
  const { wasm, others, f64 } = product(whole, [n, n, 40], 'nt', { lower: true });
  for (let i = 0; i < n; i++) {
    for (const { c } of [wasm, ...others]) deepEqual(c.slice(i * n, i * n + i + 1), f64.c.slice(i * n, i * n + i + 1));
  }
});

test('gemm refuses arrays that are too short, naming the operand', () => {
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 24 });
  const [a, b, c] = [k.floats(6), k.floats(6), k.floats(4)];
  throws(() => k.gemm(a, b, c, 2, 3, 3, 'nn'), /gemm: b has 6 values with row stride 3; 3 x 3 needs 9/);
  throws(() => k.gemm(a, b, c, 2, 2, 3, 'nn', { lda: 2 }), /gemm: a has 6 values with row stride 2; 2 x 3 needs/);
  k.close();
});

test('in parts it has the same bits', () => {
  // Long sums of few numbers, which are cut into partial sums, and so many that two calls are needed.
  const [m, n, k] = [64, 64, 2 ** 19];
  const kernels = createKernels({ threads: 2, memoryLimit: 2 ** 28 });
  const a = kernels.floats(k * m);
  for (let at = 0; at < a.length; at++) a[at] = ((at * 7919) % 1013) / 1013 - 0.5;
  const [whole, parts] = [kernels.floats(m * n), kernels.floats(m * n)];
  kernels.gemm(a, a, whole, m, n, k, 'tn', { alpha: 0.3 });
  const shares = [...kernels.gemmInParts(a, a, parts, m, n, k, 'tn', { alpha: 0.3 })];
  ok(shares.length > 1 && shares.at(-1) === 1, shares.join(' '));
  deepEqual(parts, whole);
  kernels.close();
});

test('panels of 8 and of 16 columns give the same bits', () => {
  for (const arithmetic of fmaProblem() === undefined ? (['plain', 'fma'] as const) : (['plain'] as const)) {
    for (const form of ['nn', 'nt', 'tn'] as const) {
      for (const [m, n, k] of [
        [37, 83, 41],
        [130, 523, 600],
        [40, 24, 9000],
      ] as const) {
        const [narrow, wide] = ([8, 16] as const).map((panelColumns) => {
          const machine = createWasmMachine({ threads: 1, memoryLimit: 2 ** 25, arithmetic, panelColumns });
          const [a, b, c] = [real(m * k, 1), real(k * n, 2), real(m * n, 3)].map((values) => {
            const array = machine.floats(values.length);
            array.set(values);
            return array;
          }) as [Float32Array, Float32Array, Float32Array];
          gemmWasm(machine).gemm(a, b, c, m, n, k, form, { alpha: 0.75, accumulate: true });
          machine.close();
          return Array.from(c);
        });
        deepEqual(wide, narrow);
      }
    }
  }
});
