/**
 * The interface of a model. A model computes scores and back-propagates gradients of scores to its parameters. It owns
 * neither the training loop nor the optimiser. A new model is one file and one line in `index.ts`.
 */

import type { Interactions } from '../data/interactions.js';
import type { Floats, Kernels, Rows } from '../kernels/index.js';
import type { Optimized } from '../optim/index.js';
import type { OptionsInput, OptionsOf, OptionsSchema } from '../options/options.js';
import type { Unit } from '../options/registry.js';
import type { SearchSpace } from '../options/search.js';
import { createProgress, type Step } from '../progress.js';
import type { Sharded } from './shards/_shards.js';

export interface Parameter extends Optimized {
  /** Set if a batch only changes rows of its own users or items: what a row of the table belongs to. */
  readonly rows?: 'users' | 'items';
}

/** Embedding tables. score(u, i) = <userFactors[u], itemFactors[i]>, with rows of `dim` values. */
export interface Tables {
  readonly userFactors: Floats;
  readonly itemFactors: Floats;
  readonly dim: number;
  /**
   * Columns that hold biases. `itemColumn` holds the item biases, and every user has 1 there. `userColumn` holds the user
   * biases, and every item has 1 there.
   */
  readonly biases?: { readonly userColumn: number; readonly itemColumn: number };
}

/** Embedding tables with gradients. A loss on any scores writes gradients here. */
export interface Factors extends Tables {
  /** Gradients with respect to the tables are added here. The model's `backward` propagates them to its parameters. */
  readonly userGradient: Floats;
  readonly itemGradient: Floats;
}

/** Scores for histories that need not be in the train data. */
export interface Histories {
  /**
   * How the scores are found. Absent: by the model itself, which has no user parameters. The scores of a user's train items are then those of
   * `scoreRows` for that user, within rounding errors. `solve`: a user vector is computed by the equation with which the model computes user
   * vectors, with its item vectors fixed. `fold-in`: a user vector is computed by least squares (src/student/fold-in.ts), of which the training
   * knew nothing.
   */
  readonly by?: 'solve' | 'fold-in';
  /**
   * Writes the scores of all items for each history: `histories.rows * nItems` finite values, in kernel memory. A history may be empty, and longer
   * than any in the train data. The scores depend neither on the order of its items nor on the other histories, except for rounding errors.
   * @param histories rows of item indices in kernel memory, each item at most once in a row, in any order. Weights are those of interactions;
   *   models whose scores use the weights of interactions use them. Without weights each is 1
   */
  score(histories: Rows, out: Floats): void;
}

/**
 * Item tables from which the scores of a history H follow: u = |H|^(-exponent) * sum over j in H of inputFactors[j], the zero vector for an
 * empty history; score_i = <u, itemFactors[i]> + itemBiases[i]. The sum is over ascending items; it is then multiplied.
 */
export interface HistoryTables {
  /** Rows of `dim` values, one per item. */
  readonly inputFactors: Floats;
  readonly itemFactors: Floats;
  /** One value per item. Absent: no biases. */
  readonly itemBiases?: Floats;
  readonly dim: number;
  readonly exponent: number;
}

/** Pairs of a user and an item: two arrays of equal length in kernel memory. */
export interface Pairs {
  readonly users: Int32Array;
  readonly items: Int32Array;
}

/** A loss on the scores of pairs. Writes the derivative of each score to `scoreGradients` and returns the loss. */
export type ScoreLoss = (scores: Floats, scoreGradients: Floats) => number;

/** Train interactions with `perPositive` sampled negatives each. Arrays are in kernel memory and have at least `size` entries. */
export interface PairBatch {
  readonly kind: 'pairs';
  readonly size: number;
  readonly users: Int32Array;
  readonly positives: Int32Array;
  /** `size * perPositive` items. The negatives of interaction b begin at `b * perPositive`. */
  readonly negatives: Int32Array;
  readonly perPositive: number;
  /** Epoch, from 1, and index of the batch in it, from 0. */
  readonly epoch: number;
  readonly index: number;
}

/** Users with all their interactions, each user at most once. */
export interface RowBatch {
  readonly kind: 'rows';
  readonly size: number;
  readonly users: Int32Array;
  readonly epoch: number;
  readonly index: number;
}

/** Items with all their interactions, each item at most once. */
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
  /** All trainable parameters. Empty for a model that is computed directly. */
  readonly parameters: readonly Parameter[];
  /** Number of values that scoring needs, trained or computed. */
  readonly size: number;
  /** Multiplications per score, for a network. Rankings then score fewer users at a time. */
  readonly perScore?: number;
  /** Writes the scores of all items for each of `users`. `out` has `users.length * nItems` entries, in kernel memory. */
  scoreRows(users: Int32Array, out: Floats): void;
  /**
   * Present if the scores are inner products but cannot be trained through. Returns tables made from the current parameters. They
   * are valid until the next call.
   */
  readonly tables?: () => Tables;
  /**
   * Present if the scores are inner products that can be trained through. Updates the tables from the current parameters.
   * A loss calls it in each batch, between `forward` and `backward`. It may list the users whose scores it needs; the rows of
   * other users are then undefined and their gradients must stay 0. With `items`, gradients of other items must stay 0, too. An
   * item may be listed twice.
   */
  readonly factors?: (users?: Int32Array, items?: Int32Array) => Factors;
  /** Present if and only if the model declares the capability `histories`. */
  readonly histories?: Histories;
  /** Present if the scores of a history follow from item tables. Returns copies, not in kernel memory. */
  readonly historyTables?: () => HistoryTables;
  /** Frees all kernel memory. */
  close(): void;
}

export interface TrainableModel extends Model {
  /** What a batch of the base loss consists of. */
  readonly batches: Batch['kind'];
  /** Called before the losses of a batch. Updates derived tables. */
  forward?(batch: Batch): void;
  /**
   * Adds the gradient of the base loss of a batch and returns the loss, summed over the batch. The gradient is that of the sum.
   * For batches of rows it may be that of the mean over the rows, if the paper of the model has it so.
   */
  accumulate(batch: Batch): number;
  /**
   * Present if the scores are not inner products but can be trained through. Back-propagates a loss on the scores of pairs to the
   * parameters and returns the loss. The scores equal those of `scoreRows`. Memory grows with the number of pairs, so callers
   * pass them in parts.
   */
  learnPairs?(pairs: Pairs, loss: ScoreLoss): number;
  /** Present together with `learnPairs`. Writes the same scores to `out`, in kernel memory. */
  scorePairs?(pairs: Pairs, out: Floats): void;
  /** Called after the losses of a batch. Propagates gradients of derived tables to the parameters. */
  backward?(): void;
  /** Called after the optimiser step. Applies constraints, such as a maximum norm. */
  afterStep?(): void;
}

export interface ModelContext {
  readonly kernels: Kernels;
  readonly train: Interactions;
  readonly seed: number;
  /** Called between parts of the work of a computed model. Default: only yields to the event loop. */
  readonly step?: Step;
  /**
   * Called by a computed model that is solved in sweeps, after each of them. Its trajectory is made of what the model scores then.
   * @param model as it is after this sweep
   * @param sweep from 1
   * @param sweeps all sweeps of the model
   */
  readonly swept?: (model: Model, sweep: number, sweeps: number) => Promise<void>;
}

/**
 * What a model supports beyond scoring. `factors`: the scores are inner products of user and item tables that can be served, so
 * the model has a student bundle. `scores`: a loss on any score reaches the parameters, by `factors` or `learnPairs`, so the
 * model can be a student. `weights`: training uses the weights of interactions. Other models report that they ignore weights. `histories`:
 * the model scores given histories, by `histories`, so it can be evaluated on users who are held out whole (split `users`).
 */
export type Capability = 'factors' | 'scores' | 'weights' | 'histories';

interface SpecBase<S extends OptionsSchema> extends Unit {
  readonly unit: 'model';
  readonly name: string;
  /** One line for lists and help. */
  readonly summary: string;
  /** The published source of the model. */
  readonly source: string;
  readonly options: S;
  /** Search space of `tune`, by option name. Empty if there is nothing to tune. */
  readonly search: SearchSpace;
  readonly capabilities: readonly Capability[];
  /** Why no student can learn from it, after "because". Absent: it can be a teacher. */
  readonly cannotTeach?: string;
  /** Options with which the contract suites of recdistill/testing train it on tiny data. Default: small values of all sizes. */
  readonly small?: Partial<OptionsInput<S>>;
  /** Refuses options that do not fit together, before any work. @throws RecdistillError `bad-option` */
  check?(options: OptionsOf<S>): void;
  /** True if its models have `tables` although it does not declare the capability `factors`. Rankings then need no block of scores. */
  readonly ranksByTables?: boolean;
  /** Multiplications per score, for a network without tables: `perScore` of its models. Rankings then score fewer users at a time. */
  perScore?(options: OptionsOf<S>): number;
  /** Memory in bytes that training needs: parameters, gradients, optimiser and activations, estimated before a run. */
  memory(
    data: {
      readonly nUsers: number;
      readonly nItems: number;
      readonly interactions: number;
      /** True if the interactions have weights. */
      readonly weighted?: boolean;
      /** Threads of the kernels. Absent: unknown. */
      readonly threads?: number;
    },
    options: OptionsOf<S>,
  ): number;
}

/** A model that is trained epoch by epoch. */
export interface TrainedSpec<S extends OptionsSchema = OptionsSchema> extends SpecBase<S> {
  readonly kind: 'trained';
  /** Defaults of its options as a student of teachers. They come before those of the method; given options take precedence. */
  readonly asStudent?: Readonly<Record<string, unknown>>;
  create(context: ModelContext, options: OptionsOf<S>): TrainableModel;
}

/** A model that is computed directly from the train data. */
export interface ComputedSpec<S extends OptionsSchema = OptionsSchema> extends SpecBase<S> {
  readonly kind: 'computed';
  /** Frees all kernel memory if it throws. @throws RecdistillError `interrupted`, from the step */
  create(context: ModelContext, options: OptionsOf<S>): Promise<Model>;
  /**
   * Estimated seconds that `create` takes on this machine, from the amount of work and a short measurement. Undefined if it is
   * negligible. Frees all kernel memory.
   */
  estimate?(context: ModelContext, options: OptionsOf<S>): number | undefined;
  /** How it is computed in shards. Present if it has the option `shards`: `create` then computes it in as many, with the same bits. */
  readonly shards?: ShardedModel<OptionsOf<S>>;
}

/** How a model with these options is computed in shards. */
export type ShardedModel<O> = Sharded<O, Model, Tables>;

/** The declaration as written: `create` always gets `swept` and a step, and calls the step at least every few tenths of a second. */
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

/** Declares a model that is computed directly from the train data. */
export const computedModel = <S extends OptionsSchema>(spec: ComputedAsWritten<S>): ComputedSpec<S> => ({
  ...spec,
  unit: 'model',
  kind: 'computed',
  create: (
    { step = createProgress().task(`computing ${spec.name}`), swept = () => Promise.resolve(), ...context },
    options,
  ) => spec.create({ ...context, step, swept }, options),
});
