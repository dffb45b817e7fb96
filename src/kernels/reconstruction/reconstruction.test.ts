import { deepEqual, ok } from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { close, everyMachine } from '../_machines.test.js';
import type { ReconstructionForm } from './reconstruction.js';

const machines = everyMachine();
after(() => machines.close());

const forms: readonly ReconstructionForm[] = ['squared', 'unit', 'cosine'];

const run = (
  made: readonly number[],
  targets: readonly number[],
  ids: readonly number[],
  dim: number,
  form: ReconstructionForm,
  scale: number,
) =>
  machines.run((k, take) => {
    const gradient = take.floats(made);
    const losses = take.floats(ids.length);
    k.reconstruction(gradient, take.floats(targets), take.ints(ids), ids.length, dim, form, scale, losses);
    return { gradient, losses };
  });

test('losses and gradients agree with float64', () => {
  const value = fc.integer({ min: -4000, max: 4000 }).map((x) => Math.fround(x / 1000));
  const shape = fc.integer({ min: 1, max: 37 }).chain((dim) =>
    fc.record({
      dim: fc.constant(dim),
      rows: fc.array(fc.record({ y: fc.array(value, { minLength: dim, maxLength: dim }), id: fc.nat(2) }), {
        maxLength: 9,
      }),
      targets: fc.array(value, { minLength: 3 * dim, maxLength: 3 * dim }),
      form: fc.constantFrom(...forms),
      scale: fc.constantFrom(1, 0.05),
    }),
  );
  fc.assert(
    fc.property(shape, ({ dim, rows, targets, form, scale }) => {
      const made = rows.flatMap((row) => row.y);
      const ids = rows.map((row) => row.id);
      const { wasm, others, f32, f64 } = run(made, targets, ids, dim, form, scale);
      for (const { gradient, losses } of [wasm, ...others, f32]) {
        close(losses, f64.losses, 4e-6);
        for (let r = 0; r < rows.length; r++) {
          const own = f64.gradient.slice(r * dim, (r + 1) * dim);
          const most = Math.max(...own.map(Math.abs), ...(form === 'squared' ? [] : [scale / norm(rows[r]!.y)]));
          own.forEach((g, d) => {
            const got = gradient[r * dim + d]!;
            ok(Math.abs(got - g) <= 4e-6 * most, `row ${r}, ${d}: ${got}, ${g}`);
          });
        }
      }
    }),
    { numRuns: 80 },
  );
});

const norm = (y: readonly number[]) => Math.max(1e-3, Math.sqrt(y.reduce((sum, x) => sum + x * x, 0)));

test('the gradient is the slope of the loss', () => {
  const made = [0.3, -1.2, 2, 0.7, -0.4, 1.1];
  const targets = [1, 0.5, -2, 0.25, 3, 1];
  const step = 1e-6;
  for (const form of forms) {
    const loss = (at: number, by: number) => {
      const moved = made.map((x, n) => (n === at ? x + by : x));
      return run(moved, targets, [1, 0], 3, form, 1).f64.losses.reduce((a, b) => a + b, 0);
    };
    const { f64 } = run(made, targets, [1, 0], 3, form, 0.5);
    close(
      f64.gradient,
      made.map((_, at) => (0.5 * (loss(at, step) - loss(at, -step))) / (2 * step)),
      1e-8,
    );
  }
});

test('a row of zeros has cosine 0 and, if it is the reconstruction, no gradient', () => {
  for (const form of ['unit', 'cosine'] as const) {
    const { wasm } = run([0, 0, 3, 4], [1, 0, 0, 0], [0, 1], 2, form, 1);
    deepEqual(wasm.losses, [1, 1]);
    ok(
      wasm.gradient.every((g) => Math.abs(g) < 1e-30),
      `${wasm.gradient}`,
    );
  }
});

test('NaN gives NaN, so that a diverged model is noticed', () => {
  for (const form of forms) {
    const { wasm } = run([Number.NaN, 1, 2, 3, 4], [1, 2, 3, 4, 5], [0], 5, form, 1);
    ok(Number.isNaN(wasm.losses[0]) && Number.isNaN(wasm.gradient[0]), form);
  }
});
