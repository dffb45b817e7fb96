/**
 * Estimated work of a job, a function of the sizes of the data and the options alone. The clock takes no part, so two runs with the same budget
 * do the same jobs.
 *
 * The unit is one multiplication of 32-bit floats with its share of loads and additions. Terms that are not multiplications, such as exponentials or
 * sorting, are counted as the multiplications that take as long.
 */
import type { Kernels } from '../../kernels/index.js';
import { productRate } from '../../models/rates.js';
import type { Values } from './job.js';

/** Of the train part. */
export interface Sizes {
  readonly nUsers: number;
  readonly nItems: number;
  readonly interactions: number;
}

/**
 * Multiplications per second of the machine to which `--time-budget` refers: two cores of a server of 2026, SIMD of 128 bits, two threads. Calibrated
 * once, on searches with CiteULike and Foursquare and on bench rows of an epoch. A machine of twice the speed takes half the time that was asked for.
 */
export const SPEED = 2.5e9;

/** Seconds that every job takes besides its arithmetic: files, locks, measuring the latency. */
const PER_JOB = 0.4;

type Costs = (sizes: Sizes, o: Values) => number;

const option = (o: Values, name: string, usual: number): number => Number(o[name] ?? usual);

/** Products of large matrices read each value once for many multiplications, so that one takes a tenth of the time of the others. */
const IN_PRODUCT = 0.1;

/** Scores of all items for all users and the best of each user, once. */
const allScores = ({ nUsers, nItems }: Sizes, dim: number): number => nUsers * nItems * (0.045 * dim + 0.35);

/** Evaluations on valid while training, and the last ones on valid and test. */
const evaluations = (sizes: Sizes, dim: number, epochs: number, every: number): number =>
  (epochs / every + 3) * allScores(sizes, dim);

/** A loss over all items for every user: scores and an exponential for each, gradients of users and of items. */
const softmax = ({ nUsers, nItems }: Sizes, dim: number): number => nUsers * nItems * (1.05 * dim + 1.2);

/** Pairs of an item and negatives: their gradients. */
const pairs = ({ interactions }: Sizes, dim: number, negatives: number): number =>
  interactions * (1 + negatives) * (dim + 40);

/** Adam changes every value in each step. @param rows users or interactions in an epoch */
const steps = ({ nUsers, nItems }: Sizes, dim: number, rows: number, batchSize: number, o: Values = {}): number =>
  // lazy-adam changes the rows of a batch only: a user and two items of an interaction.
  o.optimizer === 'lazy-adam' ? rows * 3 * dim * 1.5 : Math.ceil(rows / batchSize) * (nUsers + nItems) * dim * 1.5;

interface Usual {
  readonly dim: number;
  readonly epochs: number;
  readonly evaluateEvery: number;
  readonly batchSize: number;
}

/** @param epoch work of one epoch @param usual the model's defaults */
const trained =
  (epoch: (sizes: Sizes, dim: number, batchSize: number, o: Values) => number, usual: Usual): Costs =>
  (sizes, o) => {
    const dim = option(o, 'dim', usual.dim);
    const epochs = option(o, 'epochs', usual.epochs);
    const every = option(o, 'evaluateEvery', usual.evaluateEvery);
    return (
      epochs * epoch(sizes, dim, option(o, 'batchSize', usual.batchSize), o) + evaluations(sizes, dim, epochs, every)
    );
  };

/** Common users of all pairs of items. Users with many items have most of them: four times as many as if all had the same number. */
const neighbours: Costs = (sizes, o) =>
  (40 * 4 * sizes.interactions ** 2) / sizes.nUsers +
  3 * (sizes.interactions * option(o, 'neighbours', 200) + 3 * allScores(sizes, 0));

const byUsers = (sizes: Sizes, dim: number, batchSize: number): number =>
  softmax(sizes, dim) + steps(sizes, dim, sizes.nUsers, batchSize);

const models: Readonly<Record<string, Costs>> = {
  'top-pop': (sizes) => 3 * allScores(sizes, 0),
  'item-knn': neighbours,
  rp3beta: neighbours,
  // The inverse of the smaller Gram matrix in products of blocks, and the scores.
  ease: (sizes) => 0.024 * Math.min(sizes.nUsers, sizes.nItems) ** 3 + 3 * allScores(sizes, 64),
  // Each sweep solves a system of `dim` equations for every user and every item.
  ials(sizes, o) {
    const dim = option(o, 'dim', 64);
    const rows = sizes.nUsers + sizes.nItems;
    const sweep = 2 * sizes.interactions * dim ** 2 + rows * (dim ** 3 / 3 + 100 * dim);
    return 2 * IN_PRODUCT * option(o, 'epochs', 16) * sweep + 3 * allScores(sizes, dim);
  },
  'bpr-mf': trained(
    (sizes, dim, batch, o) =>
      pairs(sizes, dim, option(o, 'negatives', 1)) + steps(sizes, dim, sizes.interactions, batch, o),
    { dim: 64, epochs: 300, evaluateEvery: 10, batchSize: 2048 },
  ),
  mf: trained(byUsers, { dim: 64, epochs: 100, evaluateEvery: 5, batchSize: 256 }),
  fism: trained((sizes, dim, batch) => byUsers(sizes, dim, batch) + histories(sizes, dim), {
    ...{ dim: 64, epochs: 150, evaluateEvery: 10, batchSize: 128 },
  }),
  cml: trained(
    (sizes, dim, batch, o) =>
      pairs(sizes, dim, option(o, 'negatives', 20)) + steps(sizes, dim, sizes.interactions, batch, o),
    { dim: 64, epochs: 300, evaluateEvery: 10, batchSize: 1024 },
  ),
  // Forward and back through the layers, for every batch of pairs.
  lightgcn: trained(
    (sizes, dim, batch, o) => {
      const batches = Math.ceil(sizes.interactions / batch);
      const propagated = batches * 2 * option(o, 'layers', 3) * sizes.interactions * dim;
      return propagated + pairs(sizes, dim, 1) + steps(sizes, dim, sizes.interactions, batch, o);
    },
    { dim: 64, epochs: 300, evaluateEvery: 10, batchSize: 8192 },
  ),
  // The first and the last layer have all items: forward, gradient of its input, gradient of its weights.
  'mult-vae': trained((sizes, _, __, o) => 0.18 * sizes.nUsers * sizes.nItems * option(o, 'hidden', 200), {
    dim: 64,
    epochs: 40,
    evaluateEvery: 5,
    batchSize: 128,
  }),
};

/** A model of histories gathers the vectors of the items of each user, and scatters their gradients. */
const histories = ({ interactions }: Sizes, dim: number): number => 6 * interactions * dim;

/** Gradients over lists of a hundred items for each user. */
const lists = ({ nUsers }: Sizes, dim: number): number => nUsers * 100 * (4 * dim + 100);

/** Work of one epoch of a student, by method. Students train on batches of users or of pairs, of the usual size. */
const methods: Readonly<Record<string, (sizes: Sizes, dim: number) => number>> = {
  softmax: (sizes, dim) => byUsers(sizes, dim, STUDENT.batchSize),
  hetcomp: (sizes, dim) => byUsers(sizes, dim, STUDENT.batchSize) + lists(sizes, dim),
  rrd: (sizes, dim) => lists(sizes, dim) + pairs(sizes, dim, 1) + steps(sizes, dim, sizes.interactions, 2048),
};
const STUDENT = { dim: 64, epochs: 100, evaluateEvery: 10, batchSize: 128 };

/** A job as far as its work depends on it. */
export interface CostedJob {
  readonly model: string;
  readonly method: string;
  readonly options: Values;
  /** Of a search; default 1. */
  readonly trials?: number;
}

/** A trial that is stopped early takes a part of the work; most are. */
const SHARE_OF_TRIAL = 0.6;

/** Work of one training in multiplications. Undefined for a model or a method whose work is not known. */
export function workOf({ model, method, options }: CostedJob, sizes: Sizes): number | undefined {
  if (method === 'none') return models[model]?.(sizes, options);
  const perEpoch = methods[method];
  return perEpoch && taught(perEpoch, model, sizes, options);
}

/** Multiplications per second of the unit of work, on this machine: a measurement of some hundredths of a second. */
export const workRate = (kernels: Kernels): number => IN_PRODUCT * productRate(kernels);

/**
 * Seconds on the machine to which the budget refers.
 * @param job its model and method are those that `auto` uses; its options include `epochs` for a student
 */
export function secondsOf({ model, method, options, trials }: CostedJob, sizes: Sizes): number {
  const once = workOf({ model, method, options }, sizes)! / SPEED;
  return trials === undefined ? PER_JOB + once : PER_JOB + trials * (0.05 + SHARE_OF_TRIAL * once);
}

const taught = (perEpoch: (sizes: Sizes, dim: number) => number, model: string, sizes: Sizes, o: Values): number =>
  trained((_, dim) => perEpoch(sizes, dim) + (model === 'fism' ? histories(sizes, dim) : 0), STUDENT)(sizes, o);

/** Seconds of the choice of an ensemble: each of about eight additions fuses the lists of all members once for each member. */
export const fuseSeconds = (members: number, { nUsers }: Sizes): number =>
  (8 * members * members * nUsers * 100 * 10) / SPEED;
