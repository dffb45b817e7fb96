/** The options that all trained models share; each model gives its own defaults. */

import type { Avoid } from '../data/interactions.js';
import { optimizers } from '../optim/index.js';
import { choice, float, int } from '../options/options.js';
import { samplers } from '../samplers/index.js';

export interface TrainDefaults {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly evaluateEvery: number;
  readonly patience: number;
}

/** Of every model with random numbers in it. */
export const seed = () => int({ default: 0, min: 0, help: 'Everything random follows from it.' });

export const trainShape = (d: TrainDefaults) => ({
  epochs: int({ default: d.epochs, min: 1, max: 100_000, help: 'Most passes over the train data.' }),
  batchSize: int({
    default: d.batchSize,
    min: 1,
    max: 1_000_000,
    help: 'Interactions (or users, for autoencoders) in one step.',
  }),
  learningRate: float({ default: d.learningRate, above: 0, max: 100, help: 'Step size of the optimiser.' }),
  l2: float({ default: d.l2, min: 0, max: 100, help: 'Weight decay, added to the gradient as l2 * parameter.' }),
  optimizer: choice(optimizers.map((o) => o.name) as [string, ...string[]], {
    default: 'adam',
    help: `How gradients become steps (semantics of torch.optim): ${optimizers.map((o) => `${o.name} (${o.summary})`).join(', ')}.`,
  }),
  evaluateEvery: int({
    default: d.evaluateEvery,
    min: 1,
    max: 10_000,
    help: 'Epochs between two evaluations on valid.',
  }),
  patience: int({
    default: d.patience,
    min: 1,
    max: 10_000,
    help: 'Evaluations without a better result before training stops.',
  }),
  seed: seed(),
});

/** Of every model that draws items against those of a user. */
export const avoid = () =>
  choice(['train', 'held-out'], {
    default: 'train',
    help: "Whose items are never drawn against a user: those of train, or those of valid and test, too. held-out leaks what is judged by; it is here for figures of published code that does so, and makes a run's results comparable with nothing else.",
  });

/** The options of models that learn from pairs of a train item and sampled ones. */
export const pairShape = (d: TrainDefaults & { readonly negatives?: number }) => ({
  ...trainShape(d),
  negatives: int({
    default: d.negatives ?? 1,
    min: 1,
    max: 1000,
    help: 'Items drawn against each interaction, anew in each epoch.',
  }),
  sampler: choice(samplers.map((s) => s.name) as [string, ...string[]], {
    default: 'uniform',
    help: `How they are drawn from what the user does not have: ${samplers.map((s) => `${s.name} (${s.summary})`).join(', ')}.`,
  }),
  avoid: avoid(),
  l2Scope: choice(['all', 'batch'], {
    default: 'all',
    help: 'Whether l2 pulls on all parameters in each step, or on the rows of the users and items in the batch, once for each time they occur.',
  }),
});

export type TrainOptions = {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly optimizer: string;
  readonly evaluateEvery: number;
  readonly patience: number;
  readonly seed: number;
  /** The rest: only of models that learn from pairs. */
  readonly negatives?: number;
  readonly sampler?: string;
  /** Of all that draw items. */
  readonly avoid?: Avoid;
  readonly l2Scope?: 'all' | 'batch';
};
