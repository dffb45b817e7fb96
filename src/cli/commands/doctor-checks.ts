/** The checks of `doctor`: the requirements of recdistill, one by one. */
import { existsSync, statfsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { catalog, locate } from '../../data/index.js';
import {
  type ArithmeticWord,
  arithmeticOf,
  blasName,
  blasProblem,
  blasSetting,
  createKernels,
  fmaProblem,
  hasWideVectors,
} from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import { memoryAvailable, programParts, totalOf, WORKING } from '../../memory/index.js';
import { formatBytes, formatTimes, listed } from '../../report/format.js';

export interface Check {
  readonly name: string;
  readonly value: string;
  /** False if recdistill cannot work. */
  readonly ok: boolean;
  /** How to correct it. */
  readonly advice?: string;
}

/** Bytes of free space that a run of a large data set needs. */
const LEAST_DISK = 200e6;

const fact = (name: string, value: string): Check => ({ name, value, ok: true });
const need = (name: string, value: string, ok: boolean, advice: string): Check => ({
  name,
  value,
  ok,
  ...(ok ? {} : { advice }),
});

/** A function with SIMD instructions: it is valid only where SIMD is supported. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

export const nodeCheck = (): Check => {
  const ok = Number(process.versions.node.split('.')[0]) >= 20;
  return need('Node', process.version, ok, 'Install Node 20 or newer.');
};

export const systemChecks = (): Check[] => [
  fact('system', `${platform()} ${release()} ${arch()}`),
  fact('processor', `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`),
];

/** @param threads of the kernels */
export function memoryCheck(threads: number): Check {
  const least = totalOf(programParts(threads)) + WORKING;
  const limit = (process as { constrainedMemory?: () => number }).constrainedMemory?.() ?? 0;
  const bound = limit > 0 && limit < totalmem() ? `, limited to ${formatBytes(limit)} here` : '';
  const available = memoryAvailable();
  const value = `${formatBytes(totalmem())}${bound}; ${formatBytes(available)} available`;
  return need(
    'memory',
    value,
    available >= least,
    `Free some memory; even small runs need about ${formatBytes(least)}.`,
  );
}

/** What a command takes before it reads data. `--dry-run` shows the same for a job, with its data and model. */
export const programCheck = (threads: number): Check =>
  fact(
    'program',
    `at most ${formatBytes(totalOf(programParts(threads)))} before data: ${programParts(threads)
      .map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`)
      .join(', ')}`,
  );

export const simdCheck = (): Check =>
  need(
    'SIMD',
    WebAssembly.validate(SIMD_PROBE) ? `yes, vectors of ${hasWideVectors() ? 256 : 128} bits` : 'no',
    WebAssembly.validate(SIMD_PROBE),
    'This build of Node has no WebAssembly SIMD; install a current one.',
  );

/** The arithmetic of the kernels, and whether `fma` is available. */
export function arithmeticCheck(word: ArithmeticWord): Check {
  const arithmetic = arithmeticOf(word);
  const missing = fmaProblem();
  const other = arithmetic === 'fma' ? 'plain is also available' : (missing ?? 'fma is also available');
  return fact('arithmetic', `${arithmetic}; ${other}`);
}

/** The BLAS library that `--arithmetic blas` uses, and how much faster it multiplies. */
export function blasCheck(): Check {
  const missing = blasProblem();
  if (missing !== undefined) return fact('BLAS', `not needed, and not found: ${missing}`);
  const [own, blas] = (['auto', 'blas'] as const).map(productSeconds) as [number, number];
  const ratio = own / blas;
  const gain =
    ratio > 1.1 ? `large products ${formatTimes(ratio)} times as fast with --arithmetic blas` : 'no faster here';
  const setting = blasSetting();
  const more = setting === undefined ? '' : `; it does not use AVX-512: set ${setting} in the environment to try it`;
  return fact('BLAS', `${blasName()}; ${gain}${more}`);
}

/** Seconds of a product of two 512 x 512 matrices on one thread: the fastest of several, as the machine may be busy. */
function productSeconds(arithmetic: ArithmeticWord): number {
  const k = createKernels({ threads: 1, arithmetic, memoryLimit: 32e6 });
  try {
    const n = 512;
    const [a, b, c] = [k.floats(n * n), k.floats(n * n), k.floats(n * n)];
    const seconds = Array.from({ length: 8 }, () => {
      const began = performance.now();
      k.gemm(a, b, c, n, n, n, 'nn');
      return performance.now() - began;
    });
    return Math.min(...seconds);
  } finally {
    k.close();
  }
}

/** Runs kernels on 1 to `most` threads and compares every bit. */
export function threadsCheck(most: number, arithmetic: ArithmeticWord): Check {
  const advice = 'Please report this, with the complete output of `recdistill doctor`.';
  try {
    const [alone, ...others] = Array.from({ length: most }, (_, n) => computed(n + 1, arithmetic));
    const same = others.every((bytes) => Buffer.compare(bytes, alone!) === 0);
    return need(
      'threads',
      same ? `shared memory works; 1 to ${most} threads give identical results` : 'results differ',
      same,
      advice,
    );
  } catch (cause) {
    return need('threads', cause instanceof Error ? cause.message : String(cause), false, advice);
  }
}

/** The product of two random matrices: several kernels, enough rows for every thread. */
function computed(threads: number, arithmetic: ArithmeticWord): Buffer {
  const k = createKernels({ threads, arithmetic, memoryLimit: 16e6 });
  try {
    const [rows, dim] = [600, 32];
    const [a, b, out] = [k.floats(rows * dim), k.floats(rows * dim), k.floats(rows * rows)];
    k.normal(a, stream(1, 'doctor a'), 0, 1);
    k.normal(b, stream(1, 'doctor b'), 0, 1);
    k.gemm(a, b, out, rows, rows, dim, 'nt');
    return Buffer.from(Float32Array.from(out).buffer);
  } finally {
    k.close();
  }
}

/** DuckDB is native code: only loading it shows that it works. */
export async function duckdbCheck(): Promise<Check> {
  try {
    const { version } = await import('@duckdb/node-api');
    return fact('DuckDB', version());
  } catch (cause) {
    const advice =
      'Install the packages again (npm ci). It reads files of interactions; synthetic data works without it.';
    return need('DuckDB', cause instanceof Error ? cause.message.split('\n')[0]! : String(cause), false, advice);
  }
}

export function dataCheck(): Check {
  const folder = process.env.RECDISTILL_DATA;
  const here = Object.keys(catalog).filter((name) => 'folder' in locate(name));
  const names = here.length > 0 ? listed(here) : 'none';
  if (folder === undefined)
    return fact('data sets', `RECDISTILL_DATA is not set; found: ${names}; synthetic data always works`);
  const advice = 'RECDISTILL_DATA must name a folder that exists.';
  return need('data sets', `RECDISTILL_DATA is ${folder}; found: ${names}`, existsSync(folder), advice);
}

export function diskCheck(runs: string): Check {
  let folder = resolve(runs);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  return need(
    'disk',
    `${formatBytes(bavail * bsize)} free for ${runs}`,
    bavail * bsize >= LEAST_DISK,
    'Free some space, or choose another folder with --runs.',
  );
}
