/**
 * What a model is. A model knows how to score and how to take a gradient on its scores back to its parameters; it owns
 * neither the loop nor the optimiser. One file and one line in `index.ts` add a model.
 */

import type { Interactions } from '../data/interactions.js';
import type { Floats, Kernels } from '../kernels/index.js';
import type { Optimized } from '../optim/index.js';
import type { OptionsInput, OptionsOf, OptionsSchema } from '../options/options.js';
import type { Unit } from '../options/registry.js';
import type { SearchSpace } from '../options/search.js';
import { createProgress, type Step } from '../progress.js';

export interface Parameter extends Optimized {
  /** What the rows stand for, if a step only concerns the rows of the users or items in its batch. */
  readonly rows?: 'users' | 'items';
}

/** Tables whose inner products are the scores: score(u, i) = <users[u], items[i]>, rows of `dim` numbers. */
export interface Tables {
  readonly userFactors: Floats;
  readonly itemFactors: Floats;
  readonly dim: number;
  /**
   * Columns that hold biases, if there are any. `itemColumn` holds the item biases, and all users have 1 there; `userColumn` holds the user
   * biases, and all items have 1 there.
   */
  readonly biases?: { readonly userColumn: number; readonly itemColumn: number };
}

/** Tables through which a loss on any scores reaches the parameters. */
export interface Factors extends Tables {
  /** Add gradients with respect to the tables here; the model's `backward` takes them on to its parameters. */
  readonly userGradient: Floats;
  readonly itemGradient: Floats;
}

/** Pairs of a user and an item, in kernel memory: two arrays of the same length. */
export interface Pairs {
  readonly users: Int32Array;
  readonly items: Int32Array;
}

/** Gets the scores of pairs, puts the derivative of a loss with respect to each into `scoreGradients`, and returns the loss. */
export type ScoreLoss = (scores: Floats, scoreGradients: Floats) => number;

/** Train interactions with `perPositive` sampled negatives each. Arrays are in kernel memory and hold at least `size` entries. */
export interface PairBatch {
  readonly kind: 'pairs';
  readonly size: number;
  readonly users: Int32Array;
  readonly positives: Int32Array;
  /** `size * perPositive` items: those against interaction b stand from `b * perPositive` on. */
  readonly negatives: Int32Array;
  readonly perPositive: number;
  /** Number of the epoch, from 1, and of the batch in it, from 0. */
  readonly epoch: number;
  readonly index: number;
}

/** Whole users, each at most once. */
export interface RowBatch {
  readonly kind: 'rows';
  readonly size: number;
  readonly users: Int32Array;
  readonly epoch: number;
  readonly index: number;
}

/** Whole items, each at most once. */
export interface ItemBatch {
  readonly kind: 'items';
  readonly size: number;
  readonly items: Int32Array;
  readonly epoch: number;
  readonly index: number;
}

export type Batch = PairBatch | RowBatch | ItemBatch;

export interface Model {
  readonly name: string;
  readonly nUsers: number;
  readonly nItems: number;
  /** Everything that training changes. Empty for a model that is computed from the train data at once. */
  readonly parameters: readonly Parameter[];
  /** Numbers that scoring needs, whether trained or computed. */
  readonly size: number;
  /** Multiplications for one score, where a network makes it: rankings then score fewer users at a time. */
  readonly perScore?: number;
  /** Writes the scores of all items for each of `users`: `out` has `users.length * items` numbers, in kernel memory. */
  scoreRows(users: Int32Array, out: Floats): void;
  /**
   * Present if the scores are inner products that can be ranked by but not learned through. Makes the tables from the parameters as they
   * are; they hold until the next call.
   */
  readonly tables?: () => Tables;
  /**
   * Present if the scores are inner products that a loss can be taken back through; brings the tables up to date with the parameters.
   * A loss asks anew in each batch, between `forward` and `backward`, and may name the users whose scores it needs: the rows of others
   * are then left undefined, and their gradients must stay 0. So must those of other items, where it names items; an item may be named twice.
   */
  readonly factors?: (users?: Int32Array, items?: Int32Array) => Factors;
  /** Gives all kernel memory back. */
  close(): void;
}

export interface TrainableModel extends Model {
  /** What one batch of the base loss consists of. */
  readonly batches: Batch['kind'];
  /** Called before the losses of a batch: derived tables follow the parameters. */
  forward?(batch: Batch): void;
  /**
   * Adds the gradient of the base loss of a batch; returns the loss, summed over the batch. The gradient is that of the sum; where a batch is
   * rows, it may be that of the mean over them, as the paper of the model has it.
   */
  accumulate(batch: Batch): number;
  /**
   * Present if any scores can be learned through although they are no inner products: takes a loss on the scores of pairs back to the
   * parameters, and returns it. They are the scores of `scoreRows`. Memory grows with the pairs, so callers give them in parts.
   */
  learnPairs?(pairs: Pairs, loss: ScoreLoss): number;
  /** Present together with `learnPairs`: writes the same scores to `out`, in kernel memory. */
  scorePairs?(pairs: Pairs, out: Floats): void;
  /** Called after the losses of a batch: gradients of derived tables go on to the parameters. */
  backward?(): void;
  /** Called after the optimiser's step: puts parameters back where the model wants them, such as into a ball. */
  afterStep?(): void;
}

export interface ModelContext {
  readonly kernels: Kernels;
  readonly train: Interactions;
  readonly seed: number;
  /** Called on the way by a model that is computed at once; by default everything else only gets its turn. */
  readonly step?: Step;
}

/**
 * What a model can do beyond scoring. `factors`: its scores are inner products of a table of users and one of items that can be served, so that
 * it has a student bundle. `scores`: a loss on any of its scores reaches its parameters, by `factors` or `learnPairs`, so that it can be a student.
 * `weights`: what it learns depends on the weights of train interactions, where there are such; other models say that they do not use them.
 */
export type Capability = 'factors' | 'scores' | 'weights';

interface SpecBase<S extends OptionsSchema> extends Unit {
  readonly unit: 'model';
  readonly name: string;
  /** One line for lists and help. */
  readonly summary: string;
  /** The published source of the model. */
  readonly source: string;
  readonly options: S;
  /** What `tune` may try, by the name of the option; empty if there is nothing to tune. */
  readonly search: SearchSpace;
  readonly capabilities: readonly Capability[];
  /** Options with which the contract suites of recdistill/testing train it on tiny data; default: every size is made small. */
  readonly small?: Partial<OptionsInput<S>>;
  /** Kernel memory in bytes that training takes, for the estimate before a run. */
  memory(
    data: {
      readonly nUsers: number;
      readonly nItems: number;
      readonly interactions: number;
      /** True if the interactions have weights. */
      readonly weighted?: boolean;
    },
    options: OptionsOf<S>,
  ): number;
}

/** A model that is trained epoch by epoch. */
export interface TrainedSpec<S extends OptionsSchema = OptionsSchema> extends SpecBase<S> {
  readonly kind: 'trained';
  create(context: ModelContext, options: OptionsOf<S>): TrainableModel;
}

/** A model that is computed from the train data at once. */
export interface ComputedSpec<S extends OptionsSchema = OptionsSchema> extends SpecBase<S> {
  readonly kind: 'computed';
  /** Gives all kernel memory back if it throws. @throws RecdistillError `interrupted`, from the step */
  create(context: ModelContext, options: OptionsOf<S>): Promise<Model>;
  /**
   * About how many seconds `create` will take here, from its work and a short measurement; undefined if that is not worth saying. Gives all
   * kernel memory back.
   */
  estimate?(context: ModelContext, options: OptionsOf<S>): number | undefined;
}

/** As its author writes it: `create` always has a step, and calls it between blocks of some tenths of a second at most. */
type ComputedAsWritten<S extends OptionsSchema> = Omit<ComputedSpec<S>, 'unit' | 'kind' | 'create'> & {
  create(context: Required<ModelContext>, options: OptionsOf<S>): Promise<Model>;
};

export type ModelSpec<S extends OptionsSchema = OptionsSchema> = TrainedSpec<S> | ComputedSpec<S>;

/** Declares a model that is trained epoch by epoch. */
export const trainedModel = <S extends OptionsSchema>(spec: Omit<TrainedSpec<S>, 'unit' | 'kind'>): TrainedSpec<S> => ({
  ...spec,
  unit: 'model',
  kind: 'trained',
});

/** Declares a model that is computed from the train data at once. */
export const computedModel = <S extends OptionsSchema>(spec: ComputedAsWritten<S>): ComputedSpec<S> => ({
  ...spec,
  unit: 'model',
  kind: 'computed',
  create: ({ step = createProgress().task(`computing ${spec.name}`), ...context }, options) =>
    spec.create({ ...context, step }, options),
});
