/** The compiled kernels of each arithmetic. */
import { findBlas } from '../blas/find.js';
import { fmaBase64, wasmBase64 } from '../wasm-bytes.js';
import { type Arithmetic, fmaProblem } from './arithmetic.js';
import type { KernelSource } from './instantiate.js';
import { hasWideVectors } from './wide-vectors.js';

const sources = { plain: wasmBase64, fma: fmaBase64 };
const compiled = new Map<keyof typeof sources, WebAssembly.Module>();

/** The compiled kernels, and the library of `blas`. */
export function kernelsFor(arithmetic: Arithmetic): Pick<KernelSource, 'module' | 'blas'> {
  const kind = arithmetic.endsWith('fma') ? 'fma' : 'plain';
  const module = compiled.get(kind) ?? new WebAssembly.Module(Buffer.from(sources[kind], 'base64'));
  compiled.set(kind, module);
  const found = arithmetic.startsWith('blas') ? findBlas() : undefined;
  return { module, ...(found && 'paths' in found ? { blas: found.paths } : {}) };
}

/** Processors with FMA have AVX2. Without it 16 columns are slower, because their sums do not fit into the registers. */
export const fasterPanels = (): 8 | 16 => (hasWideVectors() && fmaProblem() === undefined ? 16 : 8);
