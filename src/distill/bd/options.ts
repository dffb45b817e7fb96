/** The options of bidirectional distillation: what the two learn from each other, and how both train on. */

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

/** What the two learn from each other. */
const lossShape = {
  direction: choice(['both', 'to-student', 'to-teacher'], {
    default: 'both',
    help: 'Which model learns from the other; both go on learning from the data.',
  }),
  sampling: choice(['intended', 'published', 'uniform', 'top', 'swapped'], {
    default: 'intended',
    help: 'How the items to learn from are drawn. intended: where the learner has an item far behind and the other in front. published: by the sign of the published code, among all items. swapped: with the rules of teacher and student exchanged. top: what the other has in front.',
  }),
  update: int({
    default: UPDATE,
    min: 1,
    max: 100_000,
    help: 'Epochs between two draws of items from both rankings; at most epochs. With fewer than 10 epochs the default is as many as these.',
  }),
  epsilon: float({
    default: 1e-4,
    above: 0,
    max: 80,
    help: "The teacher's items are drawn in proportion to exp(epsilon * (its rank - the student's)).",
  }),
  epsilonTanh: float({
    default: 1e-2,
    above: 0,
    max: 1e6,
    help: "The student's items are drawn in proportion to tanh(epsilonTanh * (its rank - the teacher's)), 0 below 0.",
  }),
  rankTemperature: float({
    default: 10,
    above: 0,
    max: 1e6,
    help: "With sampling top, the other's item of rank r is drawn in proportion to exp(-r / rankTemperature).",
  }),
  samples: optionalInt({
    min: 1,
    max: 1000,
    help: 'Items drawn for each train interaction and epoch. Default: as many as the model has negatives.',
  }),
  sharedDraw: flag({
    default: false,
    help: 'The drawn items are the negatives of the base loss, too, of models that learn from pairs.',
  }),
  teacherLambda: float({ default: 0.5, min: 0, max: 1e6, help: 'Weight of what the teacher learns from the student.' }),
  studentLambda: float({ default: 0.5, min: 0, max: 1e6, help: 'Weight of what the student learns from the teacher.' }),
  teacherTemperature: float({ default: 5, above: 0, max: 1e6, help: "Softens the teacher's scores as targets." }),
  studentTemperature: float({ default: 5, above: 0, max: 1e6, help: "Softens the student's scores as targets." }),
  seed: int({ default: 0, min: 0, help: 'Everything random follows from it.' }),
};

/** How both models train on. */
const trainingShape = {
  epochs: int({ default: 100, min: 1, max: 100_000, help: 'Most passes over the train data.' }),
  evaluateEvery: int({ default: 10, min: 1, max: 10_000, help: 'Epochs between two evaluations on valid.' }),
  patience: int({
    default: 5,
    min: 1,
    max: 10_000,
    help: 'Evaluations without a better result of either model before training stops.',
  }),
  keep: choice(['best', 'last'], {
    default: 'best',
    help: 'Which parameters are kept: of each model the best on valid, its start included, or the last.',
  }),
  optimizer: unitOption<OptimizerName, OptimizerSpec>(optimizerRegistry, {
    default: 'adam',
    help: 'How gradients become steps, of both models.',
  }),
  teacherLearningRate: optionalFloat({ above: 0, max: 100, help: "Step size of the teacher. Default: its run's." }),
  studentLearningRate: optionalFloat({ above: 0, max: 100, help: "Step size of the student. Default: its run's." }),
  teacherL2: optionalFloat({ min: 0, max: 100, help: "Weight decay of the teacher. Default: its run's." }),
  studentL2: optionalFloat({ min: 0, max: 100, help: "Weight decay of the student. Default: its run's." }),
  batchSize: optionalInt({
    min: 1,
    max: 1_000_000,
    help: "Interactions (or users, for autoencoders) in one step of either model. Default: each run's own.",
  }),
};

export const bdOptions = options({
  protocol: choice(['correct', 'published'], {
    default: 'correct',
    help: 'published: as the published code, to compare with its printed numbers only. Other defaults (sampling published, sharedDraw, no weight decay, keep last), and evaluations on test by bd-hit-rate and bd-ndcg.',
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

/** Defaults that depend on what is given; what is given goes before. */
export const bdDefaultsFor = ({ protocol, epochs }: Readonly<Record<string, unknown>>) => ({
  ...(protocol === 'published' ? publishedDefaults : {}),
  ...(typeof epochs === 'number' && epochs >= 1 && epochs < UPDATE ? { update: epochs } : {}),
});
