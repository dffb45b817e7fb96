import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../errors.js';
import { everyMachine } from './_machines.test.js';
import { createKernels, createReferenceKernels } from './create.js';

const machines = everyMachine();
after(() => machines.close());

/** B B^T / n + ridge I: its condition number is about 4 / ridge. */
function positive(n: number, ridge: number, seed: number): number[] {
  const b = Array.from({ length: n * n }, (_, k) => Math.sin(k * k * 0.37 + k + seed) * Math.SQRT2);
  return Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? ridge : 0;
    for (let d = 0; d < n; d++) sum += (b[i * n + d]! * b[j * n + d]!) / n;
    return Math.fround(sum);
  });
}

const inverseOf = (matrix: readonly number[], n: number) =>
  machines.run((k, take) => {
    const a = take.floats(matrix);
    k.invert(a, n);
    return { a };
  });

const norm = (x: readonly number[]) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

function check(matrix: readonly number[], n: number, tolerance: number): void {
  const { wasm, f32, f64 } = inverseOf(matrix, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let d = 0; d < n; d++) sum += matrix[i * n + d]! * f64.a[d * n + j]!;
      ok(Math.abs(sum - (i === j ? 1 : 0)) < 1e-9, `row ${i} of A times column ${j} of its inverse is ${sum}`);
      equal(wasm.a[i * n + j], wasm.a[j * n + i], 'the inverse is symmetric');
    }
  }
  for (const { a } of [wasm, f32]) {
    const error = norm(a.map((x, k) => x - f64.a[k]!));
    ok(error <= tolerance * norm(f64.a), `n = ${n}: error ${error} in ${norm(f64.a)}`);
  }
}

test('invert: A times its inverse is the identity; float32 agrees, symmetric; any size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
      check(positive(n, 0.1, seed), n, 1e-5);
    }),
    { numRuns: 20 },
  );
});

test('invert: several blocks, condition number about 1000, relative error at most 1e-4', () => {
  for (const n of [128, 129, 257, 300]) check(positive(n, 0.004, n), n, 1e-4);
});

test('invert: rows of very different size are no reason to fail', () => {
  const { wasm } = inverseOf([1e12, 0, 0, 0, 1e-12, 0, 0, 0, 4], 3);
  // Adding 0 makes -0 and 0 the same.
  deepEqual(
    wasm.a.map((x) => x + 0),
    [1e-12, 0, 0, 0, 1e12, 0, 0, 0, 0.25].map(Math.fround),
  );
});

test('invert refuses what is not positive definite, naming the row, and works again afterwards', () => {
  const n = 200;
  const identity = Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
  const withLast = (value: number) => identity.map((x, k) => (k === n * n - 1 ? value : x));
  // The last row is a multiple of the first.
  const dependent = identity.map((x, k) => (k === (n - 1) * n || k === n - 1 ? 2 : k === n * n - 1 ? 4 : x));
  for (const k of [
    createKernels({ threads: 2, memoryLimit: 2 ** 26 }),
    createReferenceKernels('f32'),
    createReferenceKernels('f64'),
  ]) {
    for (const matrix of [withLast(-1), withLast(0), withLast(Number.NaN), withLast(1 / 0), dependent]) {
      const a = k.floats(n * n);
      a.set(matrix);
      throws(
        () => k.invert(a, n),
        (error) =>
          error instanceof RecdistillError && error.code === 'not-positive-definite' && error.details.row === n - 1,
      );
      k.free(a);
    }
    const a = k.floats(n * n);
    a.set(identity);
    k.invert(a, n);
    deepEqual(
      Array.from(a, (x) => x + 0),
      identity,
    );
    k.close();
  }
});
