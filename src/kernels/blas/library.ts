/**
 * The BLAS library of the system (OpenBLAS, or Accelerate on macOS), called through the optional package `koffi`. It works in place on
 * the memory of the kernels. Each thread of the kernels calls it for its own chunk, so the library itself uses one thread.
 */
import { createRequire } from 'node:module';

/** What a worker needs to open the same library. */
export interface BlasPaths {
  /** File of the package koffi. */
  readonly koffi: string;
  /** Path of the library, or a name that the system's loader finds. */
  readonly library: string;
}

/** c = alpha * op(a) op(b) + beta * c, row-major, as `cblas_sgemm`. Arrays are addresses in the memory of the kernels. */
export type Product = (
  transA: boolean,
  transB: boolean,
  size: readonly [m: number, n: number, k: number],
  alpha: number,
  a: readonly [address: number, step: number],
  b: readonly [address: number, step: number],
  beta: number,
  c: readonly [address: number, step: number],
) => void;

export interface Blas {
  /** Version and kind of processor as far as the library tells: two libraries with one name give the same bits. */
  readonly name: string;
  /** Products in this memory. */
  productIn(memory: WebAssembly.Memory): Product;
}

/** The part of koffi that is used. */
interface Koffi {
  load(path: string): {
    func(name: string, result: string, parameters: readonly string[]): (...args: unknown[]) => unknown;
  };
  address(view: Uint8Array): bigint;
}

// Values of the enumerations of cblas.h.
const ROW_MAJOR = 101;
const PLAIN = 111;
const TRANSPOSED = 112;

/** @throws Error if the library cannot be loaded or is not a BLAS */
export function openBlas({ koffi: file, library }: BlasPaths): Blas {
  const koffi = createRequire(file)(file) as Koffi;
  const loaded = koffi.load(library);
  const flags = ['int', 'int', 'int', 'int', 'int', 'int'];
  const sgemm = loaded.func('cblas_sgemm', 'void', [
    ...[...flags, 'float', 'void *', 'int', 'void *', 'int', 'float', 'void *', 'int'],
  ]);
  const text = (name: string): string | undefined => {
    try {
      return String(loaded.func(name, 'const char *', [])());
    } catch {
      return undefined;
    }
  };
  try {
    loaded.func('openblas_set_num_threads', 'void', ['int'])(1);
  } catch {
    // Accelerate reads VECLIB_MAXIMUM_THREADS, which `findBlas` sets.
  }
  const version = text('openblas_get_config')?.split(' ').slice(0, 2).join(' ');
  const name = version === undefined ? 'Accelerate' : `${version} ${text('openblas_get_corename') ?? 'unknown'}`;
  return {
    name,
    productIn(memory) {
      const base = koffi.address(new Uint8Array(memory.buffer));
      return (transA, transB, [m, n, k], alpha, [a, lda], [b, ldb], beta, [c, ldc]) =>
        void sgemm(
          ...[ROW_MAJOR, transA ? TRANSPOSED : PLAIN, transB ? TRANSPOSED : PLAIN, m, n, k, alpha],
          ...[base + BigInt(a), lda, base + BigInt(b), ldb, beta, base + BigInt(c), ldc],
        );
    },
  };
}
