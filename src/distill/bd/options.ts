/** The options of bidirectional distillation: what teacher and student learn from each other, and how both are trained. */

import { type OptimizerName, type OptimizerSpec, optimizerRegistry } from '../../optim/index.js';
import {
  choice,
  flag,
  float,
  int,
  type OptionsOf,
  optionalFloat,
  optionalInt,
  options,
} from '../../options/options.js';
import { unitOption } from '../../options/unit-option.js';

/** The default of `update`. */
const UPDATE = 10;

/** Options of the loss. */
const lossShape = {
  direction: choice(['both', 'to-student', 'to-teacher'], {
    default: 'both',
    help: 'Which model learns from the other. Both also train on the data.',
  }),
  sampling: choice(['intended', 'published', 'uniform', 'top', 'swapped'], {
    default: 'intended',
    help: 'How the items to learn from are sampled. intended: items that the learner ranks lower than the other model. published: as the published code, with ranks reversed and among all items. swapped: intended with the formulas of teacher and student exchanged. uniform: all unobserved items with equal probability. top: items that the other model ranks high.',
  }),
  update: int({
    default: UPDATE,
    min: 1,
    max: 100_000,
    help: 'Epochs between two rankings from which items are sampled; at most epochs. Default: 10, or epochs if that is less.',
  }),
  epsilon: float({
    default: 1e-4,
    above: 0,
    max: 80,
    help: "The teacher's items are sampled in proportion to exp(epsilon * (teacher's rank - student's rank)).",
  }),
  epsilonTanh: float({
    default: 1e-2,
    above: 0,
    max: 1e6,
    help: "The student's items are sampled in proportion to max(0, tanh(epsilonTanh * (student's rank - teacher's rank))).",
  }),
  rankTemperature: float({
    default: 10,
    above: 0,
    max: 1e6,
    help: "With sampling top, the other model's item of rank r is sampled in proportion to exp(-r / rankTemperature).",
  }),
  samples: optionalInt({
    min: 1,
    max: 1000,
    help: "Items sampled per train interaction and epoch. Default: the model's number of negatives.",
  }),
  sharedDraw: flag({
    default: false,
    help: 'The sampled items also replace the negatives of the base loss, for models that train on pairs.',
  }),
  teacherLambda: float({ default: 0.5, min: 0, max: 1e6, help: "Weight of the teacher's distillation loss." }),
  studentLambda: float({ default: 0.5, min: 0, max: 1e6, help: "Weight of the student's distillation loss." }),
  teacherTemperature: float({
    default: 5,
    above: 0,
    max: 1e6,
    help: "Temperature of the teacher's scores as targets.",
  }),
  studentTemperature: float({
    default: 5,
    above: 0,
    max: 1e6,
    help: "Temperature of the student's scores as targets.",
  }),
  seed: int({ default: 0, min: 0, help: 'Seed of all random numbers.' }),
};

/** Options of the training of both models. */
const trainingShape = {
  epochs: int({ default: 100, min: 1, max: 100_000, help: 'Maximum number of epochs.' }),
  evaluateEvery: int({ default: 10, min: 1, max: 10_000, help: 'Epochs between two evaluations on valid.' }),
  patience: int({
    default: 5,
    min: 1,
    max: 10_000,
    help: 'Early stopping: number of evaluations without improvement of either model before training stops.',
  }),
  keep: choice(['best', 'last'], {
    default: 'best',
    help: 'Which parameters are kept: the best epoch of each model on valid, including epoch 0, or the last epoch.',
  }),
  optimizer: unitOption<OptimizerName, OptimizerSpec>(optimizerRegistry, {
    default: 'adam',
    help: 'Optimiser of both models.',
  }),
  teacherLearningRate: optionalFloat({
    above: 0,
    max: 100,
    help: 'Learning rate of the teacher. Default: as in its run.',
  }),
  studentLearningRate: optionalFloat({
    above: 0,
    max: 100,
    help: 'Learning rate of the student. Default: as in its run.',
  }),
  teacherL2: optionalFloat({ min: 0, max: 100, help: 'Weight decay of the teacher. Default: as in its run.' }),
  studentL2: optionalFloat({ min: 0, max: 100, help: 'Weight decay of the student. Default: as in its run.' }),
  batchSize: optionalInt({
    min: 1,
    max: 1_000_000,
    help: 'Interactions (or users, for autoencoders) per optimiser step of both models. Default: as in each run.',
  }),
};

export const bdOptions = options({
  protocol: choice(['correct', 'published'], {
    default: 'correct',
    help: 'published: as the published code, only to compare with its reported metrics. Changes the defaults (sampling published, sharedDraw, no weight decay, keep last) and evaluates bd-hit-rate and bd-ndcg on test.',
  }),
  ...lossShape,
  ...trainingShape,
});

export type BdOptions = OptionsOf<typeof bdOptions>;

/** The options of the loss. */
export type BdLoss = Pick<BdOptions, keyof typeof lossShape>;

/** Defaults under `protocol: published`. */
const publishedDefaults = {
  sampling: 'published',
  sharedDraw: true,
  teacherL2: 0,
  studentL2: 0,
  keep: 'last',
} as const;

/** Defaults that depend on the given options. Given options take precedence. */
export const bdDefaultsFor = ({ protocol, epochs }: Readonly<Record<string, unknown>>) => ({
  ...(protocol === 'published' ? publishedDefaults : {}),
  ...(typeof epochs === 'number' && epochs >= 1 && epochs < UPDATE ? { update: epochs } : {}),
});
