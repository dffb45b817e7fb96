import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../../errors.js';
import { agree, numbers, put, wholes } from '../_agree.test.js';
import { createKernels, createReferenceKernels } from '../create.js';
import type { Kernels } from '../kernels.js';
import { freeRows, takeRows } from '../rows.js';

/** Rows of 0 to `most` distinct columns; the first is empty, so is the last. */
function sparse(seed: number, rows: number, columns: number, most: number) {
  const lengths = Array.from(wholes(seed, rows, most + 1), (x, r) => (r === 0 || r === rows - 1 ? 0 : x));
  const lists = lengths.map((length, r) => [...new Set(wholes(seed + r, length, columns))].sort((a, b) => a - b));
  const indptr = Int32Array.from([0, ...lists.map((_, r) => lists.slice(0, r + 1).flat().length)]);
  return { columns, indptr, indices: Int32Array.from(lists.flat()) };
}

/** weight * source' source. */
function gramian(source: ArrayLike<number>, dim: number, weight: number): Float32Array {
  const gram = new Float32Array(dim * dim);
  for (let at = 0; at < source.length; at += dim) {
    for (let i = 0; i < dim; i++)
      for (let j = 0; j < dim; j++) gram[i * dim + j]! += weight * source[at + i]! * source[at + j]!;
  }
  return gram;
}

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 60 }),
  dim: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(31, 64, 65)),
  most: fc.constantFrom(1, 5, 40),
  weighted: fc.boolean(),
});

test('als agrees with the float64 reference on any shape, which solves the equations', () => {
  fc.assert(
    fc.property(shapes, ({ seed, rows, columns, dim, most, weighted }) => {
      const names = sparse(seed, rows, columns, most);
      const table = numbers(seed + 1, columns * dim);
      const base = gramian(table, dim, 0.25);
      const ridges = numbers(seed + 2, rows).map((x) => 2 + x);
      const weights = weighted ? numbers(seed + 3, names.indices.length).map((x) => Math.exp(2 * x)) : undefined;
      const { target } = agree(
        (k) => {
          const taken = takeRows(k, names, weights);
          const [s, b, r] = [put(k, table), put(k, base), put(k, ridges)];
          // The target is overwritten, whatever it held.
          const t = put(k, new Float32Array(rows * dim).fill(Number.NaN));
          k.als(taken, s, b, r, t, dim);
          const copy = t.slice();
          freeRows(k, taken);
          k.free(s, b, r, t);
          return { target: copy };
        },
        { target: 2e-5 },
      );
      for (let r = 0; r < rows; r++) {
        const own = [...names.indices.subarray(names.indptr[r]!, names.indptr[r + 1]!)];
        const weight = own.map((_, e) => weights?.[names.indptr[r]! + e] ?? 1);
        const x = target!.slice(r * dim, (r + 1) * dim);
        const dots = own.map((c) => x.reduce((sum, value, d) => sum + value * table[c * dim + d]!, 0));
        for (let i = 0; i < dim; i++) {
          const left = x.reduce((sum, value, j) => sum + base[i * dim + j]! * value, ridges[r]! * x[i]!);
          const right = own.reduce((sum, c, e) => sum + weight[e]! * (1 - dots[e]!) * table[c * dim + i]!, 0);
          const size = weight.reduce((a, b) => a + b, 1);
          assert.ok(Math.abs(left - right) < 1e-9 * size, `row ${r}, equation ${i}: ${left}, not ${right}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

/** Two rows of one column each, dim 2, whose source row is (1, 1): without a ridge the second pivot is 0. */
function solveTwo(k: Kernels, ridges: readonly number[]): readonly number[] {
  const rows = takeRows(k, { columns: 1, indptr: Int32Array.of(0, 1, 2), indices: Int32Array.of(0, 0) });
  const target = k.floats(4);
  k.als(rows, put(k, [1, 1]), k.floats(4), put(k, ridges), target, 2);
  return Array.from(target);
}

test('als refuses equations without a single solution, naming the pivot, and works again afterwards', () => {
  for (const k of [
    createKernels({ threads: 2, memoryLimit: 2 ** 24 }),
    createReferenceKernels('f32'),
    createReferenceKernels('f64'),
  ]) {
    for (const [ridge, row] of [
      [0, 1],
      [-2, 0],
      [Number.NaN, 0],
      [Number.POSITIVE_INFINITY, 0],
    ] as const) {
      assert.throws(
        () => solveTwo(k, [1, ridge]),
        (error) =>
          error instanceof RecdistillError && error.code === 'not-positive-definite' && error.details.row === row,
      );
    }
    // (1 1; 1 1) + I has the inverse (2 -1; -1 2) / 3.
    for (const x of solveTwo(k, [1, 1])) assert.ok(Math.abs(x - 1 / 3) < 1e-6);
    k.close();
  }
});

test('als with weights of 1 gives the same bits as without weights, and a whole weight those of a repeated entry nearly', () => {
  const k = createKernels({ threads: 2, memoryLimit: 2 ** 24 });
  const names = sparse(4, 30, 40, 20);
  const solved = (lists: typeof names, weights?: ArrayLike<number>) => {
    const [taken, source, ridges] = [takeRows(k, lists, weights), put(k, numbers(5, 40 * 7)), k.floats(30).fill(1)];
    const [base, target] = [k.floats(49), k.floats(30 * 7)];
    k.als(taken, source, base, ridges, target, 7);
    const copy = target.slice();
    freeRows(k, taken);
    k.free(source, ridges, base, target);
    return copy;
  };
  assert.deepEqual(solved(names, new Float32Array(names.indices.length).fill(1)), solved(names));
  const triple = {
    columns: 40,
    indptr: names.indptr.map((start) => 3 * start),
    indices: Int32Array.from({ length: names.indices.length * 3 }, (_, e) => names.indices[Math.floor(e / 3)]!),
  };
  const [once, thrice] = [solved(names, new Float32Array(names.indices.length).fill(3)), solved(triple)];
  for (const [at, x] of once.entries()) assert.ok(Math.abs(x - thrice[at]!) < 1e-5);
  k.close();
});

test('rows that are solved in blocks have the same bits', () => {
  const k = createKernels({ threads: 2, memoryLimit: 2 ** 26 });
  const [dim, columns] = [16, 50];
  const rows = takeRows(k, sparse(11, 60, columns, 20));
  const source = put(k, numbers(12, columns * dim));
  const base = put(k, gramian(source, dim, 0.1));
  const ridges = put(k, new Float64Array(60).fill(0.5));
  const [whole, blocks] = [k.floats(60 * dim), k.floats(60 * dim)];
  k.als(rows, source, base, ridges, whole, dim);
  for (const [start, end] of [
    [0, 13],
    [13, 14],
    [14, 60],
  ] as const) {
    const some = { ...rows, rows: end - start, indptr: rows.indptr.subarray(start, end + 1) };
    k.als(some, source, base, ridges.subarray(start), blocks.subarray(start * dim), dim);
  }
  assert.deepEqual(blocks, whole);
  k.close();
});
