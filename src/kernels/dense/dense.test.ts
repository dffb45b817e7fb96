import { deepEqual, ok } from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { close, everyMachine } from '../_machines.test.js';

const machines = everyMachine();
after(() => machines.close());

const real = (length: number, seed: number) => Array.from({ length }, (_, k) => 3 * Math.sin(k * 1.7 + seed));

test('addBias and columnSums: any shape, several chunks', () => {
  const shapes = fc.oneof(
    fc.tuple(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 1, max: 70 })),
    fc.constantFrom([3, 20_001] as const, [20_001, 3] as const, [300, 333] as const),
  );
  fc.assert(
    fc.property(shapes, ([rows, columns]) => {
      const { wasm, others, f32, f64 } = machines.run((k, take) => {
        const x = take.floats(real(rows * columns, 1));
        const sums = take.floats(real(columns, 2));
        k.columnSums(x, sums, rows, columns);
        k.addBias(x, take.floats(real(columns, 3)), rows, columns);
        return { x, sums };
      });
      for (const { x, sums } of [wasm, ...others]) {
        close(x, f64.x, 1e-6);
        close(sums, f64.sums, 3e-4);
      }
      close(f32.sums, f64.sums, 3e-4);
    }),
    { numRuns: 25 },
  );
});

test('addBias and columnSums do not change numbers after their matrix', () => {
  const { wasm, f64 } = machines.run((k, take) => {
    const x = take.floats(Array.from({ length: 11 }, (_, i) => i));
    const sums = take.floats([1, 1, 1, 1]);
    k.columnSums(x, sums, 3, 3);
    k.addBias(x, take.floats([10, 20, 30]), 3, 3);
    return { x, sums };
  });
  deepEqual(wasm, { x: [10, 21, 32, 13, 24, 35, 16, 27, 38, 9, 10], sums: [10, 13, 16, 1] });
  deepEqual(wasm, f64);
});

test('tanh has a relative error below 5e-7 everywhere, keeps its sign and its limits', () => {
  const inputs = [0, -0, 1e-30, -1e-8, 0.6249999, 0.625, 9, -9, 88, -88, 1e30, -1e30, 1 / 0, -1 / 0, Number.NaN];
  for (let x = -10; x < 10; x += 0.00137) inputs.push(x);
  precise('tanh', inputs, Math.tanh);
});

test('sigmoid has a relative error below 5e-7 down to -87, and its limits', () => {
  const inputs = [0, -0, 1e-30, -1e-30, -87, 88, 1e30, -1e30, 1 / 0, -1 / 0, Number.NaN];
  for (let x = -80; x < 20; x += 0.0137) inputs.push(x);
  precise('sigmoid', inputs, (x) => (x < -1e9 ? 0 : 1 / (1 + Math.exp(-x))));
});

function precise(kernel: 'tanh' | 'sigmoid', inputs: readonly number[], exact: (x: number) => number): void {
  const { wasm, f32 } = machines.run((k, take) => {
    const x = take.floats(inputs);
    k[kernel](x, inputs.length);
    return { x };
  });
  inputs.forEach((input, i) => {
    const expected = exact(Math.fround(input));
    for (const value of [wasm.x[i]!, f32.x[i]!]) {
      ok(
        Object.is(value, expected) || Math.abs(value - expected) <= 5e-7 * Math.abs(expected),
        `${kernel}(${input}) is ${value}, expected ${expected}`,
      );
    }
  });
}

for (const [kernel, backward] of [
  ['tanh', 'tanhBackward'],
  ['sigmoid', 'sigmoidBackward'],
] as const) {
  test(`${kernel} and ${backward} change the first n numbers only, over several chunks too`, () => {
    for (const n of [0, 1, 3, 4, 70, 40_003]) {
      const { wasm, others, f64 } = machines.run((k, take) => {
        const y = take.floats(real(n + 5, 1));
        const dy = take.floats(real(n + 5, 2));
        k[kernel](y, n);
        k[backward](y, dy, n);
        return { y, dy };
      });
      for (const { y, dy } of [wasm, ...others]) {
        close(y, f64.y, 1e-6);
        close(dy, f64.dy, 3e-6);
      }
      const untouched = (seed: number) =>
        real(n + 5, seed)
          .slice(n)
          .map(Math.fround);
      close(wasm.y.slice(n), untouched(1), 0);
      close(wasm.dy.slice(n), untouched(2), 0);
    }
  });

  test(`${backward} is the derivative of ${kernel}`, () => {
    const step = 1e-6;
    const inputs = [-2, -0.5, 0, 0.3, 1.2];
    const { f64 } = machines.run((k, take) => {
      const [y, up, down, dy] = [take.floats(inputs), take.floats(5), take.floats(5), take.floats([1, 1, 1, 1, 1])];
      up.set(inputs.map((x) => x + step));
      down.set(inputs.map((x) => x - step));
      for (const x of [y, up, down]) k[kernel](x, 5);
      k[backward](y, dy, 5);
      return { dy, up, down };
    });
    close(
      f64.dy,
      f64.up.map((x, i) => (x - f64.down[i]!) / (2 * step)),
      1e-9,
    );
  });
}

test('transpose: any shape, twice is the same again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 1, max: 70 }), (rows, columns) => {
      const { wasm, f64 } = machines.run((k, take) => {
        const [x, back] = [take.floats(real(rows * columns, 4)), take.floats(rows * columns)];
        const out = take.floats(rows * columns);
        k.transpose(x, rows, columns, out);
        k.transpose(out, columns, rows, back);
        deepEqual(back, x);
        return { out };
      });
      close(wasm.out, f64.out.map(Math.fround), 0);
      if (rows > 1 && columns > 1) deepEqual(f64.out[1], real(rows * columns, 4)[columns]);
    }),
    { numRuns: 25 },
  );
});
