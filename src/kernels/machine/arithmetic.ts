/**
 * The arithmetic of the kernels. Each has its own bits, which do not depend on the number of threads. `plain` is available on every
 * processor. `fma` rounds a product that is added to a sum only once (relaxed SIMD of WebAssembly): faster, on processors that have it.
 * `blas` computes large products with the BLAS library of the system, and the rest as `fma` or `plain`.
 */
import { setFlagsFromString } from 'node:v8';
import { fail } from '../../errors.js';
import { fasterCore, processorFlags } from '../blas/core.js';
import { findBlas } from '../blas/find.js';

/** What identifies the bits of results: `blas` with its library and the arithmetic of the other kernels, as in `blas OpenBLAS 0.3.21 Haswell fma`. */
export type Arithmetic = 'plain' | 'fma' | `blas ${string}`;

/** `auto`: `fma` if this machine has it, else `plain`. */
export const arithmeticWords = ['auto', 'plain', 'fma', 'blas'] as const;
export type ArithmeticWord = (typeof arithmeticWords)[number];

/** The word that chooses an arithmetic. */
export const wordOf = (arithmetic: Arithmetic): ArithmeticWord =>
  arithmeticWords.find((word) => word === arithmetic.split(' ')[0])!;

/** Environment variable that replaces `auto`. */
const VARIABLE = 'RECDISTILL_ARITHMETIC';

/** A function f(a, b) = a * a + b with relaxed SIMD. */
const PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 125, 125, 1, 125, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0],
  ...[10, 22, 1, 20, 0, 32, 0, 253, 19, 32, 0, 253, 19, 32, 1, 253, 19, 253, 133, 2, 253, 31, 0, 11],
);

let problem: { readonly text: string | undefined } | undefined;

/** Why `fma` is not available on this machine; undefined if it is. */
export function fmaProblem(): string | undefined {
  problem ??= { text: testFma() };
  return problem.text;
}

function testFma(): string | undefined {
  // Only Node 20 needs the flag. Later versions do not know it, and print a warning.
  if (!WebAssembly.validate(PROBE) && Number(process.versions.node.split('.')[0]) < 22)
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (!WebAssembly.validate(PROBE)) return `Node ${process.version} has no relaxed SIMD`;
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(PROBE), {}).exports as {
    f: (a: number, b: number) => number;
  };
  // The square of 1 + 2^-12 is 1 + 2^-11 + 2^-24. Rounded to float32 first, it loses the last term.
  return f(1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24 ? undefined : 'this processor has no fused multiply-add (FMA)';
}

/**
 * The arithmetic that a word stands for on this machine.
 * @param word default: `auto`
 * @throws RecdistillError `bad-option` for an unknown word; `needs-not-met` if this machine does not have it
 */
export function arithmeticOf(word: ArithmeticWord = 'auto'): Arithmetic {
  // An empty variable counts as not set, as in a shell.
  const variable = (word === 'auto' && process.env[VARIABLE]) || undefined;
  const wanted = variable ?? word;
  const known = arithmeticWords.find((w) => w === wanted);
  if (known === undefined) {
    const [option, owner] = variable === undefined ? ['arithmetic', 'machine'] : [VARIABLE, 'the environment'];
    return fail('bad-option', {
      option,
      owner,
      given: JSON.stringify(wanted),
      expected: `one of ${arithmeticWords.join(', ')}`,
    });
  }
  if (known === 'plain') return 'plain';
  const missing = fmaProblem();
  if (known === 'blas') {
    const found = findBlas();
    return 'problem' in found
      ? unavailable('blas', found.problem)
      : `blas ${found.blas.name} ${missing === undefined ? 'fma' : 'plain'}`;
  }
  if (missing === undefined) return 'fma';
  return known === 'auto' ? 'plain' : unavailable('fma', missing);
}

const unavailable = (word: ArithmeticWord, problem: string): never =>
  fail('needs-not-met', {
    problem: `the arithmetic ${word} is not available: ${problem}`,
    hint: `Use --arithmetic auto for a new run. A run that began with ${word} can only be continued where it is available.`,
  });

/** Name of the BLAS library of this machine; undefined if there is none. */
export function blasName(): string | undefined {
  const found = findBlas();
  return 'blas' in found ? found.blas.name : undefined;
}

/** Why there is no BLAS library; undefined if there is one. */
export function blasProblem(): string | undefined {
  const found = findBlas();
  return 'problem' in found ? found.problem : undefined;
}

/** A setting of the environment with which the BLAS library may be faster, as in `OPENBLAS_CORETYPE=SkylakeX`; undefined if there is none. */
export function blasSetting(): string | undefined {
  const name = blasName();
  return name === undefined ? undefined : fasterCore(name, processorFlags());
}
