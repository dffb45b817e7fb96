import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, put, wholes } from '../_agree.test.js';
import { createKernels, createReferenceKernels } from '../create.js';
import { freeRows, takeRows } from '../rows.js';
import { freeGraph, takeGraph } from './propagate.js';

/** Rows of very different length: every seventh has up to fifty times the entries of the others. */
function sparse(seed: number, rows: number, columns: number) {
  const indptr = new Int32Array(rows + 1);
  const indices: number[] = [];
  for (let r = 0; r < rows; r++) {
    const most = r % 7 === 3 ? 300 : 6;
    const length = wholes(seed + r, 1, most)[0]!;
    indices.push(...new Set(wholes(seed + 31 * r, length, columns).sort()));
    indptr[r + 1] = indices.length;
  }
  return { columns, indptr, indices: Int32Array.from(indices) };
}

test('propagate agrees with the float64 reference on any shape', () => {
  const shapes = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    rows: fc.integer({ min: 1, max: 150 }),
    columns: fc.integer({ min: 1, max: 400 }),
    dim: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(64, 128)),
    weighted: fc.boolean(),
    summed: fc.boolean(),
  });
  fc.assert(
    fc.property(shapes, ({ seed, rows, columns, dim, weighted, summed }) => {
      const source = sparse(seed, rows, columns);
      agree(
        (k) => {
          const taken = takeRows(k, source, weighted ? numbers(seed, source.indices.length) : undefined);
          const x = put(k, numbers(seed + 1, columns * dim));
          // y is overwritten, whatever it held; sum is added to.
          const y = put(k, numbers(seed + 2, rows * dim));
          const sum = put(k, numbers(seed + 3, rows * dim));
          k.propagate(taken, x, y, dim, ...(summed ? [sum] : []));
          const out = { y: y.slice(), sum: sum.slice() };
          freeRows(k, taken);
          k.free(x, y, sum);
          return out;
        },
        { y: 2e-6, sum: 2e-6 },
      );
    }),
    { numRuns: 60 },
  );
});

test('propagate through the identity copies, and through an empty row gives zeros', () => {
  const k = createReferenceKernels();
  const rows = takeRows(k, { columns: 2, indptr: Int32Array.of(0, 1, 1, 2), indices: Int32Array.of(0, 1) });
  const y = k.floats(6).fill(9);
  k.propagate(rows, Float64Array.of(1, 2, 3, 4), y, 2);
  assert.deepEqual([...y], [1, 2, 0, 0, 3, 4]);
});

test('addScaled and scale agree on any length', () => {
  const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(16_383, 16_384, 50_001));
  const factor = fc.constantFrom(0, 1, -2, 0.25, 1 / 3);
  fc.assert(
    fc.property(length, factor, (n, by) => {
      agree(
        (k) => {
          const x = put(k, numbers(1, n));
          const y = put(k, numbers(2, n));
          const z = put(k, numbers(3, n));
          k.addScaled(y, x, by);
          k.scale(z, by);
          const out = { y: y.slice(), z: z.slice() };
          k.free(x, y, z);
          return out;
        },
        { y: 1e-6, z: 1e-6 },
      );
    }),
    { numRuns: 30 },
  );
});

test('meanOfLayers agrees with the layers one after the other', () => {
  const shapes = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    nUsers: fc.integer({ min: 1, max: 90 }),
    nItems: fc.integer({ min: 1, max: 90 }),
    dim: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(16, 64)),
    layers: fc.integer({ min: 0, max: 4 }),
    block: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.constant(32_768)),
  });
  fc.assert(
    fc.property(shapes, ({ seed, nUsers, nItems, dim, layers, block }) => {
      const [byUser, byItem] = [sparse(seed, nUsers, nItems), sparse(seed + 7, nItems, nUsers)];
      agree(
        (k) => {
          const edges = (rows: ReturnType<typeof sparse>, from: number) => ({
            ...rows,
            weights: numbers(from, rows.indices.length),
          });
          const graph = takeGraph(k, edges(byUser, seed), edges(byItem, seed + 1), block);
          const from = {
            users: put(k, numbers(seed + 2, nUsers * dim)),
            items: put(k, numbers(seed + 3, nItems * dim)),
          };
          // Whatever the tables held is overwritten.
          const out = { users: put(k, numbers(4, nUsers * dim)), items: put(k, numbers(5, nItems * dim)) };
          const before = [from.users.slice(), from.items.slice()];
          k.meanOfLayers(graph, from, out, dim, layers);
          assert.deepEqual([from.users.slice(), from.items.slice()], before);
          const got = { users: out.users.slice(), items: out.items.slice() };
          freeGraph(k, graph);
          k.free(from.users, from.items, out.users, out.items);
          return got;
        },
        { users: 1e-5, items: 1e-5 },
      );
    }),
    { numRuns: 60 },
  );
});

test('meanOfLayers has the same bits with one block and with many', () => {
  const [nUsers, nItems, dim, layers] = [700, 500, 20, 3];
  const [byUser, byItem] = [sparse(3, nUsers, nItems), sparse(5, nItems, nUsers)];
  const outcome = (block: number, threads: number) => {
    const k = createKernels({ threads });
    const graph = takeGraph(
      k,
      { ...byUser, weights: numbers(1, byUser.indices.length) },
      { ...byItem, weights: numbers(2, byItem.indices.length) },
      block,
    );
    const table = (seed: number, rows: number) => put(k, numbers(seed, rows * dim));
    const [from, out] = [3, 5].map((seed) => ({ users: table(seed, nUsers), items: table(seed + 1, nItems) }));
    k.meanOfLayers(graph, from!, out!, dim, layers);
    const got = { users: out!.users.slice(), items: out!.items.slice() };
    const blocks = [graph.byUser.blocks, graph.byItem.blocks];
    k.close();
    return { got, blocks };
  };
  const whole = outcome(32_768, 1);
  assert.deepEqual(whole.blocks, [1, 1]);
  for (const threads of [1, 3]) {
    const cut = outcome(40, threads);
    assert.ok(cut.blocks.every((blocks) => blocks > 3));
    assert.deepEqual(cut.got, whole.got);
  }
});
