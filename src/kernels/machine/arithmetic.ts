/**
 * The arithmetic of the kernels. Each has its own bits, which do not depend on the number of threads. `plain` is available on every
 * processor. `fma` rounds a product that is added to a sum only once (relaxed SIMD of WebAssembly): faster, on processors that have it.
 */
import { setFlagsFromString } from 'node:v8';
import { fail } from '../../errors.js';
import { fmaBase64, wasmBase64 } from '../wasm-bytes.js';

export const arithmetics = ['plain', 'fma'] as const;
export type Arithmetic = (typeof arithmetics)[number];

/** `auto`: `fma` if this machine has it, else `plain`. */
export const arithmeticWords = ['auto', ...arithmetics] as const;
export type ArithmeticWord = (typeof arithmeticWords)[number];

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
  const variable = word === 'auto' ? process.env[VARIABLE] : undefined;
  const wanted = variable ?? word;
  const known = arithmeticWords.find((w) => w === wanted);
  if (known === undefined) {
    const [option, owner] = variable === undefined ? ['arithmetic', 'machine'] : [VARIABLE, 'the environment'];
    return fail('bad-option', { option, owner, given: wanted, expected: `one of ${arithmeticWords.join(', ')}` });
  }
  if (known === 'plain') return 'plain';
  const missing = fmaProblem();
  if (missing === undefined) return 'fma';
  if (known === 'auto') return 'plain';
  return fail('needs-not-met', {
    problem: `the arithmetic fma is not available: ${missing}`,
    hint: 'Use --arithmetic plain. A run that began with fma can only be continued on a machine that has it.',
  });
}

const sources: Readonly<Record<Arithmetic, string>> = { plain: wasmBase64, fma: fmaBase64 };
const compiled = new Map<Arithmetic, WebAssembly.Module>();

/** The compiled kernels. */
export function moduleFor(arithmetic: Arithmetic): WebAssembly.Module {
  const had = compiled.get(arithmetic);
  if (had) return had;
  const module = new WebAssembly.Module(Buffer.from(sources[arithmetic], 'base64'));
  compiled.set(arithmetic, module);
  return module;
}
