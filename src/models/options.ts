/** The options that all trained models share; each model gives its own defaults. */

import { z } from 'zod';
import type { Avoid } from '../data/interactions.js';
import { type OptimizerName, type OptimizerSpec, optimizerRegistry } from '../optim/index.js';
import { choice, float, int } from '../options/options.js';
import { unitOption } from '../options/unit-option.js';
import { type SamplerName, type SamplerSpec, samplerRegistry } from '../samplers/index.js';

export interface TrainDefaults {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly evaluateEvery: number;
  readonly patience: number;
}

const summaries = (registry: { all(): readonly { readonly name: string; readonly summary: string }[] }): string =>
  registry
    .all()
    .map((unit) => `${unit.name} (${unit.summary})`)
    .join(', ');

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
  optimizer: unitOption<OptimizerName, OptimizerSpec>(optimizerRegistry, {
    default: 'adam',
    help: `How gradients become steps (semantics of torch.optim): ${summaries(optimizerRegistry)}.`,
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
  sampler: unitOption<SamplerName, SamplerSpec>(samplerRegistry, {
    default: 'uniform',
    help: `How they are drawn from what the user does not have: ${summaries(samplerRegistry)}.`,
  }),
  avoid: avoid(),
  l2Scope: choice(['all', 'batch'], {
    default: 'all',
    help: 'Whether l2 pulls on all parameters in each step, or on the rows of the users and items in the batch, once for each time they occur.',
  }),
});

/** The options that the training loop reads; of a model's options it takes these and leaves the rest. */
const trainSchema = z.object({
  epochs: z.int().min(1),
  batchSize: z.int().min(1),
  learningRate: z.number(),
  l2: z.number(),
  optimizer: z.string(),
  evaluateEvery: z.int().min(1),
  patience: z.int().min(1),
  seed: z.int().min(0),
  // Of models that learn from pairs only.
  negatives: z.int().min(1).exactOptional(),
  sampler: z.string().exactOptional(),
  // Of all that draw items.
  avoid: z.enum(['train', 'held-out']).exactOptional(),
  l2Scope: z.enum(['all', 'batch']).exactOptional(),
});

export type TrainOptions = Readonly<z.output<typeof trainSchema>>;

/** The options of a trained model that the training loop reads. @param values checked options of the model, with defaults */
export const trainOptionsOf = (values: Readonly<Record<string, unknown>>): TrainOptions => trainSchema.parse(values);

/** Whose items are never drawn against a user, as the options of a model say. */
export const avoidOf = ({ avoid: given }: Readonly<Record<string, unknown>>): Avoid =>
  given === 'held-out' ? given : 'train';

/** The shared options that the values of a trained model lack, or have of another type. */
export const missingTrainOptions = (values: Readonly<Record<string, unknown>>): readonly string[] => [
  ...new Set((trainSchema.safeParse(values).error?.issues ?? []).map((issue) => String(issue.path[0]))),
];
