/**
 * What every kernel needs: memory for arrays, and a way to run one kernel over a range in fixed chunks.
 * There are two machines. `wasm` runs AssemblyScript SIMD kernels in float32 on one shared memory and several threads;
 * `reference` runs the plain TypeScript form of the same kernels, in float32 or float64.
 */
import type { KernelArguments, KernelName } from '../signatures.js';

export type Floats = Float32Array | Float64Array;

export interface Machine {
  readonly backend: 'wasm' | 'reference';
  readonly precision: 'f32' | 'f64';
  /** Threads that run a kernel, the calling one included. The result of a kernel never depends on it. */
  readonly threads: number;
  /** Bytes handed out and not yet freed, and the most that was ever handed out at once. */
  readonly bytesInUse: number;
  readonly bytesAtPeak: number;
  /**
   * An array of zeros in kernel memory.
   * @throws RecdistillError `out-of-memory`
   */
  floats(length: number): Floats;
  ints(length: number): Int32Array;
  /** Gives arrays back. A view of a part of an array is not an array: free what was handed out. */
  free(...arrays: readonly (Floats | Int32Array)[]): void;
  /** Stops the threads; the machine cannot be used after it. */
  close(): void;
}

/** `number` for each argument that kernel K has, `never` for any other. */
export type OnlyArguments<K extends KernelName, A> = {
  readonly [Name in keyof A]: Name extends keyof KernelArguments[K] ? number : never;
};

/** The machine as a WebAssembly kernel sees it. */
export interface WasmMachine extends Machine {
  readonly backend: 'wasm';
  /** Address of an array in kernel memory. An array from elsewhere is refused. */
  address(array: Floats | Int32Array): number;
  /** Working memory that lives as long as the machine; asking again with a larger size moves it (contents are lost). */
  workspace(name: string, bytes: number): number;
  /** Views of a workspace, for the part of a kernel that runs in TypeScript. */
  intsAt(address: number, length: number): Int32Array;
  floatsAt(address: number, length: number): Float32Array;
  /**
   * Calls `kernel` with `args` for each chunk `[begin, end)` of `[0, count)`, on all threads, and returns when all are done.
   * Any thread may take any chunk, so a chunk writes only what is its own.
   * @param args by name, each as the kernel's source declares it: none may be missing or superfluous
   * @param first number of the chunk to begin with, where a call takes only a part of them; default 0
   * @throws RecdistillError `usage` after close(), `worker-failed`
   */
  run<K extends KernelName, A extends KernelArguments[K]>(
    kernel: K,
    args: A & OnlyArguments<K, A>,
    count: number,
    chunk: number,
    first?: number,
  ): void;
}

/** Address of an array that a kernel can do without: 0, which a kernel reads as "not given". */
export const addressOr0 = (m: WasmMachine, array: Floats | Int32Array | undefined): number =>
  array ? m.address(array) : 0;
