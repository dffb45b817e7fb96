import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../errors.js';
import { createKernels, createReferenceKernels, type Kernels } from '../kernels/index.js';
import type { OptimizerOptions } from './_optimizer.js';
import { createTouchedRows, optimizerOf, optimizers } from './index.js';

const wasm = createKernels({ threads: 2, memoryLimit: 2 ** 26 });
const reference = createReferenceKernels('f64');
after(() => wasm.close());

type Full = Required<OptimizerOptions>;

/** One number, as the documentation of torch.optim has it. */
const naive: Readonly<Record<string, (o: Full) => (x: number, gradient: number, t: number) => number>> = {
  adam(o) {
    let [m, v] = [0, 0];
    return (x, gradient, t) => {
      const g = gradient + o.l2 * x;
      m = o.beta1 * m + (1 - o.beta1) * g;
      v = o.beta2 * v + (1 - o.beta2) * g ** 2;
      const [m1, v1] = [m / (1 - o.beta1 ** t), v / (1 - o.beta2 ** t)];
      return x - (o.learningRate * m1) / (Math.sqrt(v1) + o.epsilon);
    };
  },
  // A row of one number: left alone in a step without gradient.
  'lazy-adam'(o) {
    let [m, v] = [0, 0];
    return (x, gradient, t) => {
      if (gradient === 0) return x;
      const g = gradient + o.l2 * x;
      m = o.beta1 * m + (1 - o.beta1) * g;
      v = o.beta2 * v + (1 - o.beta2) * g ** 2;
      const [m1, v1] = [m / (1 - o.beta1 ** t), v / (1 - o.beta2 ** t)];
      return x - (o.learningRate * m1) / (Math.sqrt(v1) + o.epsilon);
    };
  },
  sgd(o) {
    let buffer: number | undefined;
    return (x, gradient) => {
      const g = gradient + o.l2 * x;
      buffer = buffer === undefined ? g : o.momentum * buffer + g;
      return x - o.learningRate * (o.momentum === 0 ? g : buffer);
    };
  },
  adagrad(o) {
    let sum = 0;
    return (x, gradient) => {
      const g = gradient + o.l2 * x;
      sum += g ** 2;
      return x - (o.learningRate * g) / (Math.sqrt(sum) + o.epsilon);
    };
  },
};

/** The parameters after each step; `gradients[t][k]`. */
function steps(
  k: Kernels,
  name: string,
  o: OptimizerOptions,
  start: readonly number[],
  gradients: readonly (readonly number[])[],
  rows = start.length,
) {
  const n = start.length;
  const p = { name: 'p', shape: [rows, n / rows], values: k.floats(n), gradient: k.floats(n) };
  p.values.set(start);
  const optimizer = optimizerOf(name).create(k, [p], o);
  const after = gradients.map((g) => {
    p.gradient.set(g);
    optimizer.step();
    assert.ok(
      p.gradient.every((x) => x === 0),
      'a step clears the gradient',
    );
    return Array.from(p.values);
  });
  assert.equal(optimizer.steps, gradients.length);
  optimizer.close();
  k.free(p.values, p.gradient);
  return after;
}

const number = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -2000, max: 2000 }).map((x) => x / 1000) },
  fc.constant(0),
);
const size = fc.integer({ min: 1, max: 40 });
const run = size.chain((n) =>
  fc.record({
    start: fc.array(number, { minLength: n, maxLength: n }),
    gradients: fc.array(fc.array(number, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 6 }),
    o: fc.record({
      learningRate: fc.constantFrom(0.001, 0.1),
      l2: fc.constantFrom(0, 1e-5, 0.1),
      beta1: fc.constantFrom(0.9, 0.5),
      beta2: fc.constantFrom(0.999, 0.9),
      epsilon: fc.constantFrom(1e-8, 1e-3),
      momentum: fc.constantFrom(0, 0.9),
    }),
  }),
);

for (const { name } of Object.values(optimizers)) {
  test(`${name} steps like its definition`, () => {
    fc.assert(
      fc.property(run, ({ start, gradients, o }) => {
        const expected = gradients.map(() => [] as number[]);
        start.forEach((x, k) => {
          const step = naive[name]!(o);
          gradients.forEach((g, t) => {
            x = step(x, g[k]!, t + 1);
            expected[t]!.push(x);
          });
        });
        const check = (k: Kernels, tolerance: number) => {
          for (const [t, row] of steps(k, name, o, start, gradients).entries()) {
            for (const [at, got] of row.entries()) {
              const wanted = expected[t]![at]!;
              assert.ok(Math.abs(got - wanted) <= tolerance, `step ${t}, number ${at}: ${got}, expected ${wanted}`);
            }
          }
        };
        check(reference, 1e-12);
        check(wasm, 1e-5);
      }),
      { numRuns: 60 },
    );
  });

  test(`${name} resumes exactly from its state`, () => {
    for (const k of [reference, wasm]) {
      const o = { learningRate: 0.1, l2: 0.01, momentum: 0.9 };
      const make = () => {
        const p = { name: 'p', shape: [5], values: k.floats(5), gradient: k.floats(5) };
        return { p, optimizer: optimizerOf(name).create(k, [p], o) };
      };
      const step = ({ p, optimizer }: ReturnType<typeof make>, t: number) => {
        p.gradient.set([1, -2, t, 0, 0.5]);
        optimizer.step();
      };
      const before = k.bytesInUse;
      const [straight, stopped, resumed] = [make(), make(), make()];
      for (let t = 1; t <= 6; t++) step(straight, t);
      for (let t = 1; t <= 3; t++) step(stopped, t);
      resumed.p.values.set(stopped.p.values);
      resumed.optimizer.steps = stopped.optimizer.steps;
      resumed.optimizer.state.forEach(({ name, values }, at) => {
        assert.equal(name, stopped.optimizer.state[at]!.name);
        assert.match(name, /^p\./);
        values.set(stopped.optimizer.state[at]!.values);
      });
      for (let t = 4; t <= 6; t++) step(resumed, t);
      assert.deepEqual([...resumed.p.values], [...straight.p.values]);
      for (const { p, optimizer } of [straight, stopped, resumed]) {
        optimizer.close();
        k.free(p.values, p.gradient);
      }
      assert.equal(k.bytesInUse, before);
    }
  });
}

test('lazy-adam moves the rows that have a gradient, as torch.optim.SparseAdam', () => {
  const o = { learningRate: 0.1, l2: 0, beta1: 0.5, beta2: 0.75, epsilon: 1e-12 };
  const gradients = [
    [1, 0, 0, 0],
    [0, 0, 2, -1],
    [0, 1, 0, 0],
  ];
  // Step 2: m / sqrt(v) is 1 and -1, times 0.1 sqrt(1 - 0.75^2) / (1 - 0.5^2). Step 3: m = (0.25, 0.5), v = (0.1875, 0.25).
  const second = (0.1 * Math.sqrt(0.4375)) / 0.75;
  const third = (0.1 * Math.sqrt(0.578125)) / 0.875;
  const expected = [
    [0.9, 2, 3, 4],
    [0.9, 2, 3 - second, 4 + second],
    [0.9 - (third * 0.25) / Math.sqrt(0.1875), 2 - third, 3 - second, 4 + second],
  ];
  for (const k of [reference, wasm]) {
    for (const [t, row] of steps(k, 'lazy-adam', o, [1, 2, 3, 4], gradients, 2).entries()) {
      for (const [at, x] of row.entries()) assert.ok(Math.abs(x - expected[t]![at]!) < 1e-6, `step ${t}: ${row}`);
    }
  }
});

test('lazy-adam pulls moved rows only towards 0', () => {
  const o = { learningRate: 0.1, l2: 0.5 };
  const [after] = steps(reference, 'lazy-adam', o, [1, 2, 3, 4], [[1, 0, 0, 0]], 2);
  assert.deepEqual(after!.slice(2), [3, 4]);
  assert.ok(after![0]! < 1 && after![1]! < 2);
});

test('lazy-adam is adam, bit by bit, where every row has a gradient in every step', () => {
  fc.assert(
    fc.property(run, fc.integer({ min: 1, max: 7 }), ({ start, gradients, o }, dim) => {
      const wide = <T>(list: readonly T[]) => list.flatMap((x) => Array<T>(dim).fill(x));
      const all = gradients.map((g) => wide(g.map((x) => x || 1)));
      for (const k of [reference, wasm]) {
        const lazy = steps(k, 'lazy-adam', o, wide(start), all, start.length);
        assert.deepEqual(lazy, steps(k, 'adam', o, wide(start), all, start.length));
      }
    }),
    { numRuns: 30 },
  );
});

test('sgd only allocates momentum if momentum is above 0', () => {
  const p = { name: 'p', shape: [2], values: reference.floats(2), gradient: reference.floats(2) };
  const state = (momentum?: number) =>
    optimizerOf('sgd')
      .create(reference, [p], { learningRate: 1, l2: 0, ...(momentum === undefined ? {} : { momentum }) })
      .state.map((s) => s.name);
  assert.deepEqual([state(), state(0), state(0.9)], [[], [], ['p.momentum']]);
});

test('an unknown optimiser is refused with those there are', () => {
  assert.throws(
    () => optimizerOf('adan'),
    (e) => e instanceof RecdistillError && e.code === 'unknown-name' && /adam, lazy-adam, sgd, adagrad/.test(e.hint),
  );
});

test('touched rows are taken once each, in ascending order', () => {
  const k = createReferenceKernels();
  const touched = createTouchedRows(k, 3000);
  touched.mark(Int32Array.of(2999, 31, 0, 1023, 31, 32));
  touched.mark(Int32Array.of(1024, 63, 2999));
  assert.deepEqual(Array.from(touched.take()!), [0, 31, 32, 63, 1023, 1024, 2999]);
  assert.deepEqual(Array.from(touched.take()!), []);
  touched.mark(Int32Array.of(1023));
  assert.deepEqual(Array.from(touched.take()!), [1023]);
});

test('sparse optimisers read the marked rows only, and all rows once any may have a gradient', () => {
  for (const { name } of Object.values(optimizers)) {
    for (const [o, sparse] of [
      [{ learningRate: 0.1, l2: 0 }, name !== 'adam'],
      [{ learningRate: 0.1, l2: 0.1 }, name === 'lazy-adam'],
    ] as const) {
      const touched = createTouchedRows(wasm, 3);
      const p = { name: 'p', shape: [3, 2], values: wasm.floats(6), gradient: wasm.floats(6), touched };
      const optimizer = optimizerOf(name).create(wasm, [p], o);
      const after = (...ids: number[]) => {
        p.gradient.fill(1);
        touched.mark(Int32Array.from(ids));
        optimizer.step();
        return [0, 2, 4].filter((at) => p.gradient[at] === 0).map((at) => at / 2);
      };
      const every = [0, 1, 2];
      assert.deepEqual(after(2, 0, 2), sparse ? [0, 2] : every, name);
      assert.deepEqual(after(), sparse ? [] : every, `${name}: marks are gone after a step`);
      touched.mark();
      assert.deepEqual(after(1), every);
      assert.deepEqual(after(1), sparse ? [1] : every);
      optimizer.close();
      touched.close();
      wasm.free(p.values, p.gradient);
    }
  }
});
