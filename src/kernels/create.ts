import { availableParallelism, totalmem } from 'node:os';
import type { Kernels } from './_kernels.js';
import type { Machine } from './_machine.js';
import { alsReference, alsWasm } from './als.js';
import { denseReference, denseWasm } from './dense.js';
import { fuseReference, fuseWasm } from './fuse.js';
import { gemmReference, gemmWasm } from './gemm.js';
import { hetcompReference, hetcompWasm } from './hetcomp.js';
import { invertReference, invertWasm } from './invert.js';
import { multinomialReference, multinomialWasm } from './multinomial.js';
import { neumfReference, neumfWasm } from './neumf.js';
import { optimizersReference, optimizersWasm } from './optimizers.js';
import { pairsReference, pairsWasm } from './pairs.js';
import { perceptronReference, perceptronWasm } from './perceptron.js';
import { propagateReference, propagateWasm } from './propagate.js';
import { randomReference, randomWasm } from './random.js';
import { ranksReference, ranksWasm } from './ranks.js';
import { createReferenceMachine } from './reference.js';
import { symmetricReference, symmetricWasm } from './symmetric.js';
import { topKReference, topKWasm } from './top-k.js';
import { createWasmMachine } from './wasm.js';

/** Each family of kernels in its two forms. */
const families = [
  { reference: alsReference, wasm: alsWasm },
  { reference: denseReference, wasm: denseWasm },
  { reference: fuseReference, wasm: fuseWasm },
  { reference: gemmReference, wasm: gemmWasm },
  { reference: hetcompReference, wasm: hetcompWasm },
  { reference: invertReference, wasm: invertWasm },
  { reference: multinomialReference, wasm: multinomialWasm },
  { reference: neumfReference, wasm: neumfWasm },
  { reference: optimizersReference, wasm: optimizersWasm },
  { reference: pairsReference, wasm: pairsWasm },
  { reference: perceptronReference, wasm: perceptronWasm },
  { reference: propagateReference, wasm: propagateWasm },
  { reference: randomReference, wasm: randomWasm },
  { reference: ranksReference, wasm: ranksWasm },
  { reference: symmetricReference, wasm: symmetricWasm },
  { reference: topKReference, wasm: topKWasm },
] as const;

export interface KernelOptions {
  /** 1 to 64; default: one for each core, at most 4. */
  readonly threads?: number;
  /** Most bytes that kernels may use; default: 4 GiB or the machine's memory, whichever is less. */
  readonly memoryLimit?: number;
}

/**
 * Fast kernels: AssemblyScript SIMD, float32, several threads. The same call with the same data gives the same bits at
 * any number of threads.
 * @throws RecdistillError `bad-option` (threads), `out-of-memory`
 */
export function createKernels(options: KernelOptions = {}): Kernels {
  const threads = options.threads ?? Math.min(4, availableParallelism());
  const memoryLimit = options.memoryLimit ?? Math.min(2 ** 32, totalmem());
  const machine = createWasmMachine({ threads, memoryLimit });
  return extend(
    machine,
    families.map(({ wasm }) => wasm(machine)),
  );
}

/** The readable forms of the same kernels in plain TypeScript; `f64` is the oracle of the tests. */
export function createReferenceKernels(precision: 'f32' | 'f64' = 'f64'): Kernels {
  const machine = createReferenceMachine(precision);
  return extend(
    machine,
    families.map(({ reference }) => reference(machine)),
  );
}

/** Object.assign would freeze the machine's counters at their value of this moment. */
function extend(machine: Machine, forms: readonly object[]): Kernels {
  const descriptors = [machine, ...forms].map((part) => Object.getOwnPropertyDescriptors(part));
  return Object.defineProperties({}, Object.assign({}, ...descriptors)) as Kernels;
}
