import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ListOptions } from './list-options.js';
import { createScreen, type Screen } from './screen.js';
import { createStudent, type Student } from './student.js';
import type { StudentModel } from './student-model.js';
import { scanTopK } from './top-k.js';

/** Numbers from -1 to 1 that look random; the same for the same seed. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  };
}

type Shape = { nUsers: number; nItems: number; dim: number };

function modelOf({ nUsers, nItems, dim }: Shape, number: (row: number) => number, biased = false): StudentModel {
  const table = (rows: number, width: number) =>
    Float32Array.from({ length: rows * width }, (_, j) => number(Math.floor(j / width)));
  return {
    ...{ nUsers, nItems, dim, userFactors: table(nUsers, dim), itemFactors: table(nItems, dim) },
    userIds: Array.from({ length: nUsers }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: nItems }, (_, i) => `i${i}`),
    ...(biased && { userBiases: table(nUsers, 1), itemBiases: table(nItems, 1) }),
  };
}

/** Everything that a student answers, so that any bit that differs is seen. */
function answers(student: Student, options: ListOptions): unknown {
  const { userIds, itemIds } = student.model;
  return [
    student.batch(userIds, options),
    itemIds.slice(0, 3).map((id) => student.similarItems(id, options)),
    student.recommendFromItems(itemIds.slice(0, 4), options),
  ];
}

/** Scales of numbers, from subnormal ones to nearly the largest that are allowed. */
const sizes = [1e-44, 1e-39, 1e-30, 1e-12, 1e-3, 1, 1e3, 1e9, 5e14];
/** How the numbers of a row are made: alike, of very different sizes, all equal, whole (many ties), or one far above the others. */
const kinds = ['alike', 'mixed', 'equal', 'whole', 'spiked'] as const;

test('with WebAssembly and without, every answer has the same bits', () => {
  fc.assert(
    fc.property(
      fc.record({
        nUsers: fc.integer({ min: 1, max: 3 }),
        nItems: fc.integer({ min: 1, max: 700 }),
        dim: fc.integer({ min: 1, max: 37 }),
      }),
      fc.constantFrom(...kinds),
      fc.constantFrom(...sizes),
      fc.integer(),
      fc.boolean(),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      (shape, kind, size, seed, biased, k, filtered) => {
        const next = noise(seed);
        const numbers: Record<(typeof kinds)[number], (row: number) => number> = {
          alike: () => size * next(),
          mixed: (row) => sizes[(row * 7 + (seed & 7)) % sizes.length]! * next(),
          equal: () => size,
          whole: () => size * Math.round(2 * next()),
          spiked: () => size * next() ** 31,
        };
        const model = modelOf(shape, numbers[kind], biased);
        const options = { k, exclude: ['i1', 'i5'], ...(filtered && { filter: (id: string) => !id.endsWith('3') }) };
        const fast = createStudent(model);
        assert.deepEqual(answers(fast, options), answers(createStudent(model, { kernel: 'plain' }), options));
      },
    ),
    { numRuns: 150 },
  );
  const one = createStudent(modelOf({ nUsers: 1, nItems: 1, dim: 1 }, () => 1));
  assert.equal(one.warmUp(), 'wasm', 'this platform has WebAssembly with SIMD');
});

test('long catalogues are searched in many rounds', () => {
  const next = noise(9);
  const model = modelOf({ nUsers: 3, nItems: 40_001, dim: 5 }, next);
  const [fast, plain] = [createStudent(model), createStudent(model, { kernel: 'plain' })];
  for (const k of [1, 10, 500]) assert.deepEqual(answers(fast, { k }), answers(plain, { k }));
});

test('the screen leaves little to score exactly', () => {
  const next = noise(4);
  const model = modelOf({ nUsers: 1, nItems: 20_000, dim: 16 }, () => next() + next() + next());
  const screen = createScreen(model)!;
  let passed = 0;
  const counting = {
    ...screen,
    pass(...range: Parameters<typeof screen.pass>) {
      const count = screen.pass(...range);
      passed += count;
      return count;
    },
  };
  screen.setQuery(model.userFactors);
  const scan = { query: model.userFactors, factors: model.itemFactors, dim: 16, k: 10, excluded: new Int32Array(0) };
  assert.deepEqual(scanTopK({ ...scan, screen: counting }), scanTopK(scan));
  assert.ok(passed < 400, `${passed} of 20000 items passed`);
});

test('the search stops when the remaining items are too short', () => {
  const next = noise(6);
  const nItems = 30_000;
  const biases = Float32Array.from({ length: nItems }, next).map((v) => v / 10);
  for (const itemBiases of [undefined, biases]) {
    const even = modelOf({ nUsers: 1, nItems, dim: 8 }, () => next());
    // The longest are not the first.
    const model = {
      ...even,
      itemFactors: even.itemFactors.map((v, j) => v / (1 + (((j >> 3) + 20_000) % nItems) / 1000)),
      ...(itemBiases && { itemBiases }),
    };
    const screen = createScreen(model)!;
    let looked = 0;
    const counting: Screen = {
      ...screen,
      pass(threshold, begin, end) {
        looked = end;
        return screen.pass(threshold, begin, end);
      },
    };
    screen.setQuery(model.userFactors);
    const query = model.userFactors;
    const scan = {
      query,
      factors: model.itemFactors,
      bias: itemBiases,
      dim: 8,
      k: 10,
      excluded: Int32Array.of(10_001),
    };
    assert.deepEqual(scanTopK({ ...scan, screen: counting }), scanTopK(scan));
    assert.ok(looked < nItems / 2, `${looked} of ${nItems} places were looked at`);
  }
});

test('a filter may ask the same student', () => {
  const next = noise(2);
  const student = createStudent(modelOf({ nUsers: 2, nItems: 500, dim: 8 }, next));
  const inner = student.recommend('u1', { k: 5 });
  const expected = student.recommend('u0', { filter: (id) => id !== 'i7' });
  const asked: unknown[] = [];
  const list = student.recommend('u0', {
    filter(id) {
      asked.push(student.recommend('u1', { k: 5 }));
      return id !== 'i7';
    },
  });
  assert.deepEqual(list, expected);
  for (const answer of asked) assert.deepEqual(answer, inner);
  const broken = () => student.recommend('u0', { filter: () => assert.fail('stop') });
  assert.throws(broken, /stop/);
  assert.deepEqual(student.recommend('u1', { k: 5 }), inner);
});

test('something else than the kernel is passed over', () => {
  const next = noise(3);
  const model = modelOf({ nUsers: 1, nItems: 50, dim: 4 }, next);
  const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  for (const kernel of [{}, empty]) assert.equal(createStudent(model, { kernel }).warmUp(), 'plain');
  assert.equal(createStudent(model, { kernel: 'plain' }).warmUp(), 'plain');
});
