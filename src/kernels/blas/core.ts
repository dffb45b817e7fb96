/** The kind of processor for which OpenBLAS chose its code. */
import { readFileSync } from 'node:fs';

/** Kinds whose code uses AVX2 and not AVX-512. OpenBLAS takes one of them for processors that are newer than it is. */
const AVX2 = ['Haswell', 'Zen'];

/**
 * A setting with which OpenBLAS may be faster; undefined if there is none. It is a matter of the environment, because the library reads it
 * when it is loaded, and it changes the bits of the results.
 * @param name as in `Blas`: `OpenBLAS 0.3.21 Haswell`
 * @param cpuinfo content of /proc/cpuinfo
 */
export function fasterCore(name: string, cpuinfo: string): string | undefined {
  const outdated = name.startsWith('OpenBLAS') && AVX2.includes(name.split(' ').at(-1)!);
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(' ') ?? [];
  const capable = ['avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'avx512cd'].every((flag) => flags.includes(flag));
  return outdated && capable ? 'OPENBLAS_CORETYPE=SkylakeX' : undefined;
}

/** /proc/cpuinfo, or nothing where it does not exist. */
export function processorFlags(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
