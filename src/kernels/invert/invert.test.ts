import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../../errors.js';
import { everyMachine } from '../_machines.test.js';
import { createKernels, createReferenceKernels } from '../create.js';
import type { Floats } from '../machine/machine.js';
import { createWasmMachine } from '../machine/wasm.js';
import { TILE } from '../symmetric/layout.js';
import { placeOf, type Symmetric, symmetricLength } from '../symmetric/symmetric.js';
import { invertWasm } from './invert.js';

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

/** The lower triangle; the numbers in place of the upper one must have no effect. */
function pack(values: Floats, matrix: ArrayLike<number>, n: number): Symmetric {
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) values[placeOf(i, j)] = matrix[i * n + j]!;
  if (n > 1) values[Math.min(n, TILE) - 1] = Number.NaN;
  return { n, values };
}

/** The inverse as a whole matrix, from the numbers that the packed form has for (i, j) and for (j, i). */
const inverseOf = (matrix: readonly number[], n: number) =>
  machines.run((k, take) => {
    const a = pack(take.floats(symmetricLength(n)), matrix, n);
    k.invert(a);
    return { a: whole(a) };
  });

/** Row by row, the upper triangles of the tiles on the diagonal as they are in memory. */
function whole({ n, values }: Symmetric): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const first = placeOf(i, i) - (i % TILE);
    for (let j = 0; j < n; j++) {
      const near = Math.floor(i / TILE) === Math.floor(j / TILE);
      out[i * n + j] = values[near ? first + (j % TILE) : placeOf(i, j)]!;
    }
  }
  return out;
}

const norm = (x: readonly number[]) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

function check(matrix: readonly number[], n: number, tolerance: number): void {
  const { wasm, others, f32, f64 } = inverseOf(matrix, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let d = 0; d < n; d++) sum += matrix[i * n + d]! * f64.a[d * n + j]!;
      ok(Math.abs(sum - (i === j ? 1 : 0)) < 1e-9, `row ${i} of A times column ${j} of its inverse is ${sum}`);
      equal(wasm.a[i * n + j], wasm.a[j * n + i], 'the inverse is symmetric');
    }
  }
  for (const { a } of [wasm, ...others, f32]) {
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

test('invert: several tiles, condition number about 1000, relative error at most 1e-4', () => {
  for (const n of [256, 257, 300, 520]) check(positive(n, 0.004, n), n, 1e-4);
});

test('invert: rows of very different size are no reason to fail', () => {
  const { wasm } = inverseOf([1e12, 0, 0, 0, 1e-12, 0, 0, 0, 4], 3);
  // Adding 0 makes -0 and 0 the same.
  deepEqual(
    wasm.a.map((x) => x + 0),
    [1e-12, 0, 0, 0, 1e12, 0, 0, 0, 0.25].map(Math.fround),
  );
});

test('invert refuses a matrix that is not positive definite, names the row, and works afterwards', () => {
  const n = 300;
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
      const a = pack(k.floats(symmetricLength(n)), matrix, n);
      throws(
        () => k.invert(a),
        (error) =>
          error instanceof RecdistillError && error.code === 'not-positive-definite' && error.details.row === n - 1,
      );
      k.free(a.values);
    }
    const a = pack(k.floats(symmetricLength(n)), identity, n);
    k.invert(a);
    deepEqual(
      Array.from(whole(a), (x) => x + 0),
      identity,
    );
    k.close();
  }
});

test('in parts, with other kernels in between, it has the same bits at any number of threads', () => {
  const n = 2 * TILE + 60;
  const matrix = positive(n, 0.1, 3);
  const straight = createKernels({ threads: 1, memoryLimit: 2 ** 26 });
  const expected = pack(straight.floats(symmetricLength(n)), matrix, n);
  straight.invert(expected);
  for (const threads of [1, 2, 3, 4]) {
    const k = createKernels({ threads, memoryLimit: 2 ** 26 });
    const a = pack(k.floats(symmetricLength(n)), matrix, n);
    const other = k.floats(64 * 64).fill(1);
    const shares: number[] = [];
    for (const share of k.invertInParts(a)) {
      shares.push(share);
      k.gemm(other, other, k.floats(64 * 64), 64, 64, 64, 'nt');
    }
    equal(shares.at(-1), 1);
    ok(shares.length >= 3 && shares.every((share, at) => share > (shares[at - 1] ?? 0)), shares.join(' '));
    deepEqual(whole(a), whole(expected));
    k.close();
  }
  straight.close();
});

test('panels of 8 and of 16 columns give the same bits', () => {
  const n = TILE + 70;
  const matrix = positive(n, 0.5, 3);
  const [narrow, wide] = ([8, 16] as const).map((panelColumns) => {
    const machine = createWasmMachine({ threads: 1, memoryLimit: 2 ** 25, arithmetic: 'plain', panelColumns });
    const a = pack(machine.floats(symmetricLength(n)), matrix, n);
    invertWasm(machine).invert(a);
    machine.close();
    return whole(a);
  });
  deepEqual(wide, narrow);
});
