/**
 * The basis of all kernels: memory for arrays, and running one kernel over a range in fixed chunks. There are two machines. `wasm` runs
 * AssemblyScript SIMD kernels in float32 on one shared memory and several threads. `reference` runs the plain TypeScript form of the same
 * kernels, in float32 or float64.
 */
import type { KernelArguments, KernelName } from '../signatures.js';
import type { Arithmetic } from './arithmetic.js';

export type Floats = Float32Array | Float64Array;

export interface Machine {
  readonly backend: 'wasm' | 'reference';
  readonly precision: 'f32' | 'f64';
  /** The reference has `plain`. */
  readonly arithmetic: Arithmetic;
  /** Number of threads, including the calling one. Results never depend on it. */
  readonly threads: number;
  /** Bytes currently allocated, and their maximum so far. */
  readonly bytesInUse: number;
  readonly bytesAtPeak: number;
  /**
   * An array of zeros in kernel memory.
   * @throws RecdistillError `out-of-memory`
   */
  floats(length: number): Floats;
  ints(length: number): Int32Array;
  /** Frees arrays. Only allocated arrays can be freed, not views of a part. */
  free(...arrays: readonly (Floats | Int32Array)[]): void;
  /** Stops the threads. The machine cannot be used afterwards. */
  close(): void;
}

/** An argument of a kernel: a number, or an array in kernel memory, whose address the kernel takes; absent: address 0. */
export type KernelArgument = number | Floats | Int32Array | undefined;

/** The arguments or fields T, each of them a number to a kernel. */
export type Passed<T> = T & { readonly [Name in keyof T]: KernelArgument };

/** The type of each argument that kernel K has, `never` for any other. */
export type OnlyArguments<K extends KernelName, A> = {
  readonly [Name in keyof A]: Name extends keyof KernelArguments[K] ? KernelArguments[K][Name] : never;
};

/** The machine as used by WebAssembly kernels. */
export interface WasmMachine extends Machine {
  readonly backend: 'wasm';
  /** Columns of a panel of a matrix product; 16 with vectors of 256 bits. Only the time depends on it. */
  readonly panelColumns: 8 | 16;
  /** The number that a kernel takes for an argument. Arrays that are not in kernel memory are refused. */
  numberOf(argument: KernelArgument): number;
  /** Working memory for the lifetime of the machine. A request for a larger size moves it, and its contents are lost. */
  workspace(name: string, bytes: number): number;
  /** Views of working memory, for the part of a kernel that runs in TypeScript. */
  intsAt(address: number, length: number): Int32Array;
  floatsAt(address: number, length: number): Float32Array;
  /**
   * Calls `kernel` with `args` for each chunk `[begin, end)` of `[0, count)`, on all threads, and returns when all are done.
   * Any thread may process any chunk, so a chunk must only write its own part.
   * @param args by name, exactly the arguments that the kernel's source declares
   * @param first index of the first chunk, to run only a part of them; default 0
   * @throws RecdistillError `usage` after close(), `worker-failed`
   */
  run<K extends KernelName, A extends Passed<KernelArguments[K]>>(
    kernel: K,
    args: A & OnlyArguments<K, A>,
    count: number,
    chunk: number,
    first?: number,
  ): void;
}
