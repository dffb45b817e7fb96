/** Runs one case on every machine: the kernels' contract is equal bits at any number of threads, and the reference's values. */
import { deepEqual, equal } from 'node:assert/strict';
import { findBlas } from './blas/find.js';
import { createKernels, createReferenceKernels } from './create.js';
import type { Kernels } from './kernels.js';
import { type ArithmeticWord, fmaProblem } from './machine/arithmetic.js';
import type { Floats } from './machine/machine.js';

/** Takes arrays that the case need not give back. */
export interface Arrays {
  floats(values: ArrayLike<number> | number): Floats;
  ints(values: ArrayLike<number> | number): Int32Array;
}

export type KernelCase<T extends string> = (k: Kernels, take: Arrays) => Readonly<Record<T, Floats | Int32Array>>;

type Values<T extends string> = Readonly<Record<T, readonly number[]>>;

export interface Machines {
  /**
   * Runs the case on WebAssembly with 1, 2, 3 and 4 threads, on the first of them twice, in each arithmetic, and on both references.
   * Fails if the bits differ between threads or between the two times, or if the second time takes more memory.
   * `others`: the arithmetics besides `plain` that this machine has.
   */
  run<T extends string>(
    testCase: KernelCase<T>,
  ): Record<'wasm' | 'f32' | 'f64', Values<T>> & {
    readonly others: readonly Values<T>[];
  };
  close(): void;
}

export function everyMachine(memoryLimit = 2 ** 28): Machines {
  const machines = (arithmetic: ArithmeticWord) =>
    [1, 2, 3, 4].map((threads) => createKernels({ threads, memoryLimit, arithmetic }));
  const wasm = machines('plain');
  const others = [
    ...(fmaProblem() === undefined ? [machines('fma')] : []),
    ...('blas' in findBlas() ? [machines('blas')] : []),
  ];
  const f32 = createReferenceKernels('f32');
  const f64 = createReferenceKernels('f64');
  return {
    run(testCase) {
      return {
        wasm: runOnAll(wasm, testCase),
        others: others.map((machines) => runOnAll(machines, testCase)),
        f32: runOn(f32, testCase),
        f64: runOn(f64, testCase),
      };
    },
    close() {
      for (const k of [...wasm, ...others.flat(), f32, f64]) k.close();
    },
  };
}

function runOnAll<T extends string>(machines: readonly Kernels[], testCase: KernelCase<T>): Values<T> {
  const [alone, ...others] = machines;
  const first = runOn(alone!, testCase);
  const inUse = alone!.bytesInUse;
  deepEqual(runOn(alone!, testCase), first, 'the same call again gives other bits');
  equal(alone!.bytesInUse, inUse, 'the same call again takes more memory');
  for (const k of others) deepEqual(runOn(k, testCase), first, `${k.threads} threads give other bits than 1`);
  return first;
}

function runOn<T extends string>(k: Kernels, testCase: KernelCase<T>): Values<T> {
  const taken: (Floats | Int32Array)[] = [];
  const take = <A extends Floats | Int32Array>(values: ArrayLike<number> | number, make: (length: number) => A): A => {
    const array = make(typeof values === 'number' ? values : values.length);
    taken.push(array);
    if (typeof values !== 'number') array.set(values);
    return array;
  };
  const results = testCase(k, { floats: (v) => take(v, k.floats), ints: (v) => take(v, k.ints) });
  const names = Object.keys(results) as T[];
  const copies = Object.fromEntries(names.map((name) => [name, Array.from(results[name])])) as Record<T, number[]>;
  k.free(...taken);
  return copies;
}

/** Fails unless |actual[k] - expected[k]| <= tolerance * (1 + |expected[k]|) for all k. */
export function close(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  equal(actual.length, expected.length);
  for (let k = 0; k < actual.length; k++) {
    const [a, e] = [actual[k]!, expected[k]!];
    if (Object.is(a, e) || Math.abs(a - e) <= tolerance * (1 + Math.abs(e))) continue;
    equal(a, e, `number ${k}: ${a}, expected ${e} within ${tolerance}`);
  }
}
