/** What a method of distillation does within the loop. */
import type { Floats } from '../kernels/index.js';
import type { Batch } from '../models/_model.js';
import type { Optimized } from '../optim/index.js';

/** What a distillation method adds to the loop. Where several models learn together, `learner` is the place of one in the task; absent, it is the first. */
export interface Hooks {
  /** `replaced`: the base loss is left out. */
  readonly base: 'kept' | 'replaced';
  /** Called before the first batch of an epoch. */
  beforeEpoch?(epoch: number): void | Promise<void>;
  /** Called before the losses of a batch: may put other negatives into it. */
  prepare?(batch: Batch, learner?: number): void;
  /** Adds the gradient of the method's loss on a batch; returns the loss. No model is stepped before all have their gradients. */
  accumulate?(batch: Batch, learner?: number): number;
  afterEpoch?(epoch: number): AfterEpoch | Promise<AfterEpoch>;
  /** Tables that the method learns beside the model; the loop steps them with the first model's optimiser and options and keeps them. */
  readonly parameters?: readonly Optimized[];
  /** Tables that must be kept to continue where it stopped; put back in place before `load`. */
  readonly tables?: readonly KeptTable[];
  /** The rest that must be kept, as plain JSON. */
  save?(): unknown;
  load?(state: unknown): void;
}

export interface AfterEpoch {
  /** The task has changed, so earlier results no longer say when to stop. */
  readonly restartPatience: boolean;
}

export interface KeptTable {
  readonly name: string;
  readonly values: Floats | Int32Array;
}
