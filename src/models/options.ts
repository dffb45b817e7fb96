/** Options that trained models share. Each model has its own defaults. */

import { z } from 'zod';
import type { Avoid } from '../data/interactions.js';
import { type OptimizerName, type OptimizerSpec, optimizerRegistry } from '../optim/index.js';
import type { FromData } from '../options/from-data.js';
import { refuseIdle } from '../options/idle.js';
import { choice, float, int, optionalInt } from '../options/options.js';
import { unitOption } from '../options/unit-option.js';
import { type SamplerName, type SamplerSpec, samplerRegistry } from '../samplers/index.js';

export interface TrainDefaults {
  readonly epochs: number;
  readonly batchSize: number | FromData;
  readonly learningRate: number | FromData;
  readonly l2: number | FromData;
  readonly evaluateEvery: number;
  readonly patience: number;
}

const summaries = (registry: { all(): readonly { readonly name: string; readonly summary: string }[] }): string =>
  registry
    .all()
    .map((unit) => `${unit.name} (${unit.summary})`)
    .join(', ');

/** Option of every model with random numbers. */
export const seed = () => int({ default: 0, min: 0, help: 'Seed of all random numbers.' });

export const trainShape = (d: TrainDefaults) => ({
  epochs: int({ default: d.epochs, min: 1, max: 100_000, help: 'Maximum number of epochs.' }),
  batchSize: int({
    default: d.batchSize,
    min: 1,
    max: 1_000_000,
    help: 'Interactions per optimiser step (for autoencoders: users or items).',
  }),
  learningRate: float({ default: d.learningRate, above: 0, max: 100, help: 'Learning rate.' }),
  l2: float({ default: d.l2, min: 0, max: 100, help: 'Weight decay, added to the gradient as l2 * parameter.' }),
  optimizer: unitOption<OptimizerName, OptimizerSpec>(optimizerRegistry, {
    default: 'adam',
    help: `Optimiser, with the semantics of torch.optim: ${summaries(optimizerRegistry)}.`,
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
    help: 'Early stopping: number of evaluations without improvement before training stops.',
  }),
  seed: seed(),
});

/** Most shards of a model: each is at least two files. */
const MOST_SHARDS = 4096;

/**
 * Option of the models that can be computed in shards. The value is undefined for `auto` and for 1: neither changes the model, so neither is a part
 * of what identifies a run.
 */
export const shards = () =>
  z
    .preprocess(
      (given) => (given === 'auto' || given === 1 ? undefined : given),
      z.int().min(1).max(MOST_SHARDS).optional(),
    )
    .optional()
    .meta({
      description:
        'Number of shards in which the model is computed, each by a job of its own that needs a part of the data only. auto: 1 if the memory suffices, else the smallest number that does. Default: auto.',
      ...{ type: 'integer', minimum: 1, maximum: MOST_SHARDS },
    });

/** Option of every model that samples negatives. */
export const avoid = () =>
  choice(['train', 'held-out'], {
    default: 'train',
    help: "Items that are never sampled as negatives of a user: the user's train items, or also those in valid and test (held-out). held-out leaks test data. Use it only to reproduce published code that does so; the results are not comparable with others.",
  });

/** Options of models that train on pairs of a train item and sampled negatives. */
export const pairShape = (d: TrainDefaults & { readonly negatives?: number }) => ({
  ...trainShape(d),
  negatives: int({
    default: d.negatives ?? 1,
    min: 1,
    max: 1000,
    help: 'Negatives per interaction, sampled again in each epoch.',
  }),
  sampler: unitOption<SamplerName, SamplerSpec>(samplerRegistry, {
    default: 'uniform',
    help: `How negatives are sampled: ${summaries(samplerRegistry)}.`,
  }),
  avoid: avoid(),
  l2Scope: choice(['all', 'batch'], {
    default: 'all',
    help: 'all: l2 applies to all parameters in each step. batch: l2 applies to the rows of the users and items in the batch, once per occurrence.',
  }),
});

/** Options of models whose base loss is BPR or a softmax over all items. `batchSize` of the softmax counts users. */
export const lossShape = (d: { readonly loss: 'bpr' | 'softmax' }) => ({
  loss: choice(['softmax', 'bpr'], {
    default: d.loss,
    help: 'softmax: cross-entropy of the scores of all items with the items of each user; batchSize counts users. bpr: BPR on pairs of an item and sampled negatives; batchSize counts interactions.',
  }),
  samples: optionalInt({
    min: 1,
    max: 1_000_000,
    help: 'Softmax: items sampled per batch besides the items of its users. Default: all items, or 20,000 if there are more than 200,000.',
  }),
});

/**
 * Options of one loss are errors with the other, because they would have no effect.
 * @throws RecdistillError `bad-option`
 */
export function checkLossOptions(
  owner: string,
  o: Readonly<Record<'loss' | 'negatives' | 'sampler' | 'avoid' | 'l2Scope', unknown>> & { readonly samples?: unknown },
): void {
  const idle =
    o.loss === 'bpr'
      ? ({ samples: undefined } as const)
      : ({ negatives: 1, sampler: 'uniform', avoid: 'train', l2Scope: 'all' } as const);
  refuseIdle(owner, o, idle, `the loss ${o.loss}`);
}

/** The options that the training loop reads from a model's options. */
const trainSchema = z.object({
  epochs: z.int().min(1),
  batchSize: z.int().min(1),
  learningRate: z.number(),
  l2: z.number(),
  optimizer: z.string(),
  evaluateEvery: z.int().min(1),
  patience: z.int().min(1),
  seed: z.int().min(0),
  // Only models that train on pairs have these.
  negatives: z.int().min(1).exactOptional(),
  sampler: z.string().exactOptional(),
  // Only models that sample negatives have it.
  avoid: z.enum(['train', 'held-out']).exactOptional(),
  l2Scope: z.enum(['all', 'batch']).exactOptional(),
});

export type TrainOptions = Readonly<z.output<typeof trainSchema>>;

/** The options of a trained model that the training loop reads. @param values checked options of the model, with defaults */
export const trainOptionsOf = (values: Readonly<Record<string, unknown>>): TrainOptions => trainSchema.parse(values);

/** The interactions whose items are never sampled as negatives, from the options of a model. */
export const avoidOf = ({ avoid: given }: Readonly<Record<string, unknown>>): Avoid =>
  given === 'held-out' ? given : 'train';

/** Shared options that a trained model lacks, or has with another type. */
export const missingTrainOptions = (values: Readonly<Record<string, unknown>>): readonly string[] => [
  ...new Set((trainSchema.safeParse(values).error?.issues ?? []).map((issue) => String(issue.path[0]))),
];
