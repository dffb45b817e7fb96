import { totalmem } from 'node:os';
import { alsReference, alsWasm } from './als/als.js';
import { defaultThreads } from './default-threads.js';
import { denseReference, denseWasm } from './dense/dense.js';
import { fuseReference, fuseWasm } from './fuse/fuse.js';
import { gemmReference, gemmWasm } from './gemm/gemm.js';
import { hetcompWasm } from './hetcomp/hetcomp.js';
import { hetcompReference } from './hetcomp/reference.js';
import { invertReference, invertWasm } from './invert/invert.js';
import type { Kernels } from './kernels.js';
import { type ArithmeticWord, arithmeticOf } from './machine/arithmetic.js';
import type { Machine } from './machine/machine.js';
import { createReferenceMachine } from './machine/reference.js';
import { createWasmMachine } from './machine/wasm.js';
import { multinomialReference, multinomialWasm } from './multinomial/multinomial.js';
import { neumfWasm } from './neumf/neumf.js';
import { neumfReference } from './neumf/reference.js';
import { optimizersWasm } from './optimizers/optimizers.js';
import { optimizersReference } from './optimizers/reference.js';
import { pairsReference, pairsWasm } from './pairs/pairs.js';
import { perceptronReference, perceptronWasm } from './perceptron/perceptron.js';
import { propagateReference, propagateWasm } from './propagate/propagate.js';
import { randomReference, randomWasm } from './random/random.js';
import { ranksWasm } from './ranks/ranks.js';
import { ranksReference } from './ranks/reference.js';
import { reconstructionReference, reconstructionWasm } from './reconstruction/reconstruction.js';
import { softmaxReference, softmaxWasm } from './softmax/softmax.js';
import { symmetricReference, symmetricWasm } from './symmetric/symmetric.js';
import { topKReference } from './top-k/reference.js';
import { topKWasm } from './top-k/top-k.js';

/** Each family of kernels in both forms. */
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
  { reference: reconstructionReference, wasm: reconstructionWasm },
  { reference: softmaxReference, wasm: softmaxWasm },
  { reference: symmetricReference, wasm: symmetricWasm },
  { reference: topKReference, wasm: topKWasm },
] as const;

export interface KernelOptions {
  /** 1 to 64. Default: that in the environment variable RECDISTILL_THREADS, or else the number of cores, at most 4. */
  readonly threads?: number;
  /** Maximum memory of the kernels in bytes. Default: 4 GiB or the machine's memory, whichever is less. */
  readonly memoryLimit?: number;
  /** Default: `auto`, which is `fma` if this machine has it, else `plain`. Each gives its own bits. */
  readonly arithmetic?: ArithmeticWord;
}

/**
 * Fast kernels: AssemblyScript SIMD, float32, multi-threaded. The same call with the same data and the same arithmetic gives identical
 * bits at any number of threads.
 * @throws RecdistillError `bad-option` (threads, arithmetic), `needs-not-met` (arithmetic), `out-of-memory`
 */
export function createKernels(options: KernelOptions = {}): Kernels {
  const threads = options.threads ?? defaultThreads();
  const memoryLimit = options.memoryLimit ?? Math.min(2 ** 32, totalmem());
  const machine = createWasmMachine({ threads, memoryLimit, arithmetic: arithmeticOf(options.arithmetic) });
  return extend(
    machine,
    families.map(({ wasm }) => wasm(machine)),
  );
}

/** The same kernels in plain TypeScript, for tests. The default precision is `f64`. */
export function createReferenceKernels(precision: 'f32' | 'f64' = 'f64'): Kernels {
  const machine = createReferenceMachine(precision);
  return extend(
    machine,
    families.map(({ reference }) => reference(machine)),
  );
}

/** Object.assign would copy the current values of the machine's getters. */
function extend(machine: Machine, forms: readonly object[]): Kernels {
  const descriptors = [machine, ...forms].map((part) => Object.getOwnPropertyDescriptors(part));
  return Object.defineProperties({}, Object.assign({}, ...descriptors)) as Kernels;
}
