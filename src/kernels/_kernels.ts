/**
 * The kernels: every hot loop of recdistill behind one flat interface (typed arrays and numbers). Each family of kernels is
 * one file here, with its documentation, its readable TypeScript form and its WebAssembly form (assembly/ has the same name),
 * and one line below.
 */
import type { Machine } from './_machine.js';
import type { AlsKernels } from './als.js';
import type { DenseKernels } from './dense.js';
import type { FuseKernels } from './fuse.js';
import type { GemmKernels } from './gemm.js';
import type { HetcompKernels } from './hetcomp.js';
import type { InvertKernels } from './invert.js';
import type { MultinomialKernels } from './multinomial.js';
import type { NeumfKernels } from './neumf.js';
import type { OptimizerKernels } from './optimizers.js';
import type { PairKernels } from './pairs.js';
import type { PerceptronKernels } from './perceptron.js';
import type { PropagateKernels } from './propagate.js';
import type { RandomKernels } from './random.js';
import type { RankKernels } from './ranks.js';
import type { SymmetricKernels } from './symmetric.js';
import type { TopKKernels } from './top-k.js';

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
    SymmetricKernels,
    TopKKernels {}
