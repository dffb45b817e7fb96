/** What every kernel's suite rests on: one case on all machines, the float64 reference as the oracle. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { Kernels } from './_kernels.js';
import { createKernels, createReferenceKernels } from './create.js';

export type Outputs = Readonly<Record<string, ArrayLike<number>>>;

const oracle = createReferenceKernels('f64');
const float32 = createReferenceKernels('f32');
const compiled = [1, 2, 3, 4].map((threads) => createKernels({ threads, memoryLimit: 2 ** 28 }));
after(() => {
  for (const kernels of compiled) kernels.close();
});

/**
 * Runs the case on the float64 and float32 references and on the compiled kernels with 1, 2, 3 and 4 threads. The compiled ones
 * must agree bit for bit; all must be within `tolerance` of the oracle, relative to the greatest number of that output
 * (an output missing in `tolerance` must be equal).
 */
export function agree(run: (kernels: Kernels) => Outputs, tolerance: Readonly<Record<string, number>> = {}): Outputs {
  const expected = run(oracle);
  close(run(float32), expected, tolerance, 'reference f32');
  const first = run(compiled[0]!);
  close(first, expected, tolerance, 'wasm');
  for (const kernels of compiled.slice(1)) {
    const other = run(kernels);
    for (const [name, values] of Object.entries(first)) {
      assert.deepEqual(other[name], values, `${name}: ${kernels.threads} threads differ from one`);
    }
  }
  return expected;
}

function close(actual: Outputs, expected: Outputs, tolerance: Readonly<Record<string, number>>, machine: string): void {
  for (const [name, values] of Object.entries(expected)) {
    const got = actual[name]!;
    assert.equal(got.length, values.length);
    let most = 0;
    for (let k = 0; k < values.length; k++) if (Number.isFinite(values[k])) most = Math.max(most, Math.abs(values[k]!));
    const allowed = (tolerance[name] ?? 0) * most;
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
