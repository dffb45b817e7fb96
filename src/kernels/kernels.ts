/**
 * The kernels: all hot loops of recdistill behind one flat interface of typed arrays and numbers. Each family of kernels is one folder:
 * its interface and the calls of its WebAssembly form (<family>.ts), its plain TypeScript form (there, or in reference.ts), the
 * AssemblyScript sources (*.as.ts) and, in layout.ts, constants shared by both compilers.
 */

import type { AlsKernels } from './als/als.js';
import type { DenseKernels } from './dense/dense.js';
import type { FuseKernels } from './fuse/fuse.js';
import type { GemmKernels } from './gemm/gemm.js';
import type { HetcompKernels } from './hetcomp/hetcomp.js';
import type { InvertKernels } from './invert/invert.js';
import type { Machine } from './machine/machine.js';
import type { MultinomialKernels } from './multinomial/multinomial.js';
import type { NeumfKernels } from './neumf/neumf.js';
import type { OptimizerKernels } from './optimizers/optimizers.js';
import type { PairKernels } from './pairs/pairs.js';
import type { PerceptronKernels } from './perceptron/perceptron.js';
import type { PropagateKernels } from './propagate/propagate.js';
import type { RandomKernels } from './random/random.js';
import type { RankKernels } from './ranks/ranks.js';
import type { ReconstructionKernels } from './reconstruction/reconstruction.js';
import type { SoftmaxKernels } from './softmax/softmax.js';
import type { SymmetricKernels } from './symmetric/symmetric.js';
import type { TopKKernels } from './top-k/top-k.js';

export interface Kernels
  extends Machine,
    AlsKernels,
    DenseKernels,
    FuseKernels,
    GemmKernels,
    HetcompKernels,
    InvertKernels,
    MultinomialKernels,
    NeumfKernels,
    OptimizerKernels,
    PairKernels,
    PerceptronKernels,
    PropagateKernels,
    RandomKernels,
    RankKernels,
    ReconstructionKernels,
    SoftmaxKernels,
    SymmetricKernels,
    TopKKernels {}
