/** The hooks of a distillation method in the training loop. */
import type { Floats } from '../kernels/index.js';
import type { Batch } from '../models/_model.js';
import type { Optimized } from '../optim/index.js';

/**
 * What a distillation method adds to the training loop. `learner` is the index of the model if several train together. Default: 0.
 */
export interface Hooks {
  /** `replaced`: the base loss is not used. */
  readonly base: 'kept' | 'replaced';
  /** Called before the first batch of an epoch. */
  beforeEpoch?(epoch: number): void | Promise<void>;
  /** Called before the losses of a batch. May replace the negatives of the batch. */
  prepare?(batch: Batch, learner?: number): void;
  /** Adds the gradient of the method's loss on a batch and returns the loss. All models get their gradients before any of them is updated. */
  accumulate?(batch: Batch, learner?: number): number;
  afterEpoch?(epoch: number): AfterEpoch | Promise<AfterEpoch>;
  /** Parameters of the method. The loop updates them with the optimiser and options of the first model, and stores them. */
  readonly parameters?: readonly Optimized[];
  /** Further arrays that are stored in checkpoints. They are restored before `load` is called. */
  readonly tables?: readonly KeptTable[];
  /** Further state that is stored in checkpoints, as JSON. */
  save?(): unknown;
  load?(state: unknown): void;
}

export interface AfterEpoch {
  /** True if the loss has changed, so that patience starts again. */
  readonly restartPatience: boolean;
}

export interface KeptTable {
  readonly name: string;
  readonly values: Floats | Int32Array;
}
