/** The kernels of one thread. */
import { blasKernels } from '../blas/kernels.js';
import { type BlasPaths, openBlas } from '../blas/library.js';
import type { Kernel } from './job.js';

/** What the kernels of every thread are made of. */
export interface KernelSource {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Columns of a panel of a matrix product: gemm/panels.as.ts. */
  readonly panelColumns: 8 | 16;
  /** With the arithmetic `blas`. */
  readonly blas?: BlasPaths;
}

/** The kernels by the given names, in their order. */
export function instantiate(
  { module, memory, panelColumns, blas }: KernelSource,
  names: readonly string[],
): readonly Kernel[] {
  const abort = (): never => {
    throw new Error('a kernel aborted');
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort, panelColumns } });
  const replaced = blas ? blasKernels(openBlas(blas).productIn(memory), memory.buffer) : {};
  return names.map((name) => replaced[name] ?? (exports[name] as Kernel));
}
