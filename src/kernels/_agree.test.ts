/** Properties of kernels: any case, on all machines, with the float64 reference as the oracle. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { everyMachine } from './_machines.test.js';
import type { Kernels } from './kernels.js';
import type { Floats } from './machine/machine.js';

export type Outputs = Readonly<Record<string, Floats | Int32Array>>;
type Numbers = Readonly<Record<string, readonly number[]>>;

const machines = everyMachine();
after(machines.close);

/**
 * Runs the case on every machine: WebAssembly must agree bit for bit at any number of threads, and all must be within `tolerance` of
 * the float64 reference, relative to the greatest number of that output (an output missing in `tolerance` must be equal).
 * @param rounding a difference that is always allowed: that of sums whose terms of both signs leave much less than they are
 * @returns what the float64 reference gave
 */
export function agree(
  run: (kernels: Kernels) => Outputs,
  tolerance: Readonly<Record<string, number>> = {},
  rounding = 0,
): Numbers {
  const { wasm, others, f32, f64 } = machines.run(run);
  close(f32, f64, tolerance, rounding, 'reference f32');
  close(wasm, f64, tolerance, rounding, 'wasm');
  for (const other of others) close(other, f64, tolerance, rounding, 'another arithmetic');
  return f64;
}

function close(
  actual: Numbers,
  expected: Numbers,
  tolerance: Readonly<Record<string, number>>,
  rounding: number,
  machine: string,
): void {
  for (const [name, values] of Object.entries(expected)) {
    const got = actual[name]!;
    assert.equal(got.length, values.length);
    let most = 0;
    for (let k = 0; k < values.length; k++) if (Number.isFinite(values[k])) most = Math.max(most, Math.abs(values[k]!));
    const allowed = Math.max((tolerance[name] ?? 0) * most, rounding);
    for (let k = 0; k < values.length; k++) {
      const same = Object.is(got[k], values[k]) || Math.abs(got[k]! - values[k]!) <= allowed;
      assert.ok(same, `${machine}: ${name}[${k}] is ${got[k]}, expected ${values[k]} within ${allowed}`);
    }
  }
}

/** Copies numbers into kernel memory. */
export function put(kernels: Kernels, values: ArrayLike<number>): Float32Array | Float64Array {
  const array = kernels.floats(values.length);
  array.set(values);
  return array;
}

export function putInts(kernels: Kernels, values: ArrayLike<number>): Int32Array {
  const array = kernels.ints(values.length);
  array.set(values);
  return array;
}

/** `n` numbers in (-spread, spread) that float32 holds exactly; the same for the same seed. */
export function numbers(seed: number, n: number, spread = 1): Float32Array {
  let state = (seed * 2654435761) >>> 0 || 1;
  return Float32Array.from({ length: n }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (spread * state) / 2 ** 31;
  });
}

/** Whole numbers in [0, bound). */
export function wholes(seed: number, n: number, bound: number): Int32Array {
  return Int32Array.from(numbers(seed, n), (x) => Math.min(bound - 1, Math.floor(((x + 1) / 2) * bound)));
}
