import { deepEqual, equal, ok } from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { close, everyMachine } from '../_machines.test.js';

const machines = everyMachine();
after(() => machines.close());

function multinomial(
  logits: readonly number[],
  nItems: number,
  targets: readonly (readonly number[])[],
  scale: number,
) {
  const indptr = [0];
  for (const row of targets) indptr.push(indptr.at(-1)! + row.length);
  return machines.run((k, take) => {
    const gradient = take.floats(logits);
    const losses = take.floats(targets.length);
    const rows = targets.length;
    k.multinomial(gradient, rows, nItems, take.ints(indptr), take.ints(targets.flat()), scale, losses);
    return { gradient, losses };
  });
}

/** Beside one large term many that are alike, so that each is rounded the same way when it is added. */
const ALIKE = {
  nItems: 90,
  rows: [
    {
      logits: Array.from({ length: 90 }, (_, i) => ({ 8: 9.4404034614563, 43: 1.0671855807304382 })[i] ?? 0),
      targets: [0, 1, 2, 3, 4, 5, 6, 7, 8],
    },
  ],
  scale: 1,
};

test('losses and gradients agree with float64, and each gradient sums to 0', () => {
  const shape = fc.integer({ min: 1, max: 90 }).chain((nItems) =>
    fc.record({
      nItems: fc.constant(nItems),
      rows: fc.array(
        fc.record({
          logits: fc.array(fc.double({ min: -80, max: 80, noNaN: true }), { minLength: nItems, maxLength: nItems }),
          targets: fc.uniqueArray(fc.nat(nItems - 1), { maxLength: nItems }),
        }),
        { maxLength: 8 },
      ),
      scale: fc.constantFrom(1, 0.002),
    }),
  );
  fc.assert(
    fc.property(shape, ({ nItems, rows, scale }) => {
      const logits = rows.flatMap((row) => row.logits).map(Math.fround);
      const { wasm, others, f32, f64 } = multinomial(
        logits,
        nItems,
        rows.map((row) => row.targets),
        scale,
      );
      for (const { gradient, losses } of [wasm, ...others, f32]) {
        close(losses, f64.losses, 2e-6);
        gradient.forEach((g, i) => {
          const count = rows[Math.floor(i / nItems)]!.targets.length;
          ok(Math.abs(g - f64.gradient[i]!) <= 1e-6 * scale * (count + 1), `gradient ${i}: ${g}, ${f64.gradient[i]}`);
        });
      }
      rows.forEach((row, r) => {
        const sum = f64.gradient.slice(r * nItems, (r + 1) * nItems).reduce((a, b) => a + b, 0);
        ok(Math.abs(sum) <= 1e-12 * (row.targets.length + 1));
      });
    }),
    { numRuns: 60, examples: [[ALIKE]] },
  );
});

test('long rows: the sum of many small terms is accurate', () => {
  const nItems = 25_187;
  const logits = Array.from({ length: 3 * nItems }, (_, k) => Math.fround(2 * Math.sin(k * k)));
  const targets = [[5, 17, 25_186], [], [0, 1, 2, 3]];
  const { wasm, others, f64 } = multinomial(logits, nItems, targets, 1);
  for (const { losses, gradient } of [wasm, ...others]) {
    close(losses, f64.losses, 3e-7);
    close(gradient, f64.gradient, 3e-7);
  }
});

test('a row without targets has loss 0 and gradient 0; one item has both 0', () => {
  const { wasm } = multinomial([3, -2, 100], 3, [[]], 1);
  deepEqual(wasm, { gradient: [0, 0, 0], losses: [0] });
  deepEqual(multinomial([7], 1, [[0]], 0.5).wasm, { gradient: [0], losses: [0] });
});

test('logits far apart neither overflow nor turn into NaN', () => {
  const { wasm } = multinomial([1e30, -1e30, 0, 500, 1e30], 5, [[0, 1]], 1);
  deepEqual(wasm.gradient, [0, -1, 0, 0, 1]);
  ok(wasm.losses[0]! > 1e30);
});

test('NaN logits give NaN, so that a diverged model is noticed', () => {
  const { wasm } = multinomial([1, Number.NaN, 2, 3, 4], 5, [[0]], 1);
  ok(Number.isNaN(wasm.losses[0]));
  ok(wasm.gradient.every(Number.isNaN));
});

test('the gradient is the slope of the loss', () => {
  const logits = [0.3, -1.2, 2, 0.7, -0.4, 1.1];
  const step = 1e-5;
  const loss = (item: number, by: number) => {
    const moved = logits.map((x, i) => (i === item ? x + by : x));
    return multinomial(moved, 6, [[1, 3]], 1).f64.losses[0]!;
  };
  const { f64 } = multinomial(logits, 6, [[1, 3]], 1);
  equal(f64.gradient.length, 6);
  close(
    f64.gradient,
    logits.map((_, i) => (loss(i, step) - loss(i, -step)) / (2 * step)),
    1e-8,
  );
});

test('softmax keeps a relative error below 5e-7 down to exp(-87), and is 0 far below', () => {
  const logits = [0];
  for (let x = 0; x > -87; x -= 0.0131) logits.push(Math.fround(x));
  logits.push(-104, -1000);
  const { wasm, f64 } = multinomial(logits, logits.length, [[0]], 1);
  for (let i = 1; i < logits.length - 2; i++) {
    const error = Math.abs(wasm.gradient[i]! / f64.gradient[i]! - 1);
    // Below 2^-126 a float has fewer digits: the softmax of the last logits is exp(x) / 77.
    ok(error <= 5e-7 || f64.gradient[i]! < 2 ** -126, `exp(${logits[i]}): relative error ${error}`);
  }
  deepEqual(wasm.gradient.slice(-2), [0, 0]);
});
