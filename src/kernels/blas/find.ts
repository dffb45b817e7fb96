/** Finds the BLAS library of this machine. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Blas, type BlasPaths, openBlas } from './library.js';

/** Environment variable with the path of the library. */
export const BLAS_VARIABLE = 'RECDISTILL_BLAS';

const HOMEBREW = ['/opt/homebrew', '/usr/local'].map((root) => `${root}/opt/openblas/lib/libopenblas.dylib`);
const ACCELERATE = '/System/Library/Frameworks/Accelerate.framework/Accelerate';
const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [...HOMEBREW, ACCELERATE],
  win32: ['libopenblas.dll'],
};
const ELSEWHERE = ['libopenblas.so.0', 'libopenblas.so'];

export type FoundBlas =
  | { readonly blas: Blas; readonly paths: BlasPaths }
  /** Why there is none. */
  | { readonly problem: string };

let found: FoundBlas | undefined;

/** The library that `RECDISTILL_BLAS` names, or the first of the system's that works. Looked for once. */
export function findBlas(): FoundBlas {
  found ??= look();
  return found;
}

function look(): FoundBlas {
  const koffi = resolveKoffi();
  if (koffi === undefined) return { problem: 'the package koffi is not installed (npm install koffi)' };
  process.env.VECLIB_MAXIMUM_THREADS ??= '1';
  const named = process.env[BLAS_VARIABLE];
  const candidates = named === undefined ? (LIBRARIES[process.platform] ?? ELSEWHERE) : [named];
  let first: string | undefined;
  for (const library of candidates) {
    const paths = { koffi, library };
    try {
      const blas = openBlas(paths);
      expectProduct(blas);
      return { blas, paths };
    } catch (cause) {
      first ??= cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    }
  }
  if (named !== undefined)
    return { problem: `${BLAS_VARIABLE} is ${named}, which is no BLAS library for this machine: ${first}` };
  return {
    problem: `there is no BLAS library (on Debian: apt-get install libopenblas0-pthread; on macOS: brew install openblas)`,
  };
}

function resolveKoffi(): string | undefined {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), 'index.js')).href]) {
    try {
      return createRequire(from).resolve('koffi');
    } catch {
      // Not installed there, or this file is part of a bundle.
    }
  }
  return undefined;
}

/** Calls the library once with known values. @throws Error if the product is wrong */
function expectProduct(blas: Blas): void {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const values = new Float32Array(memory.buffer, 0, 12);
  values.set([1, 2, 3, 4, 5, 6, 7, 8]);
  blas.productIn(memory)(false, true, [2, 2, 2], 2, [0, 2], [16, 2], 0, [32, 2]);
  if ([34, 46, 78, 106].some((value, at) => values[8 + at] !== value)) throw new Error('its products are wrong');
}
