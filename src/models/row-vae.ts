/**
 * Shared by mult-vae (user rows) and item-autoencoder (item rows): the options, and a variational autoencoder that is trained on the
 * rows of a matrix (Liang et al., WWW 2018).
 */

import type { Interactions } from '../data/interactions.js';
import type { Floats, Kernels } from '../kernels/index.js';
import { stream } from '../math/random.js';
import { flag, float, int } from '../options/options.js';
import { logRange, oneOf, range, type SearchSpace, wholeRange } from '../options/search.js';
import type { Parameter } from './_model.js';
import { createDerivedRows, type DerivedRows } from './derived-rows.js';
import { type TrainDefaults, trainShape } from './options.js';
import { createVae, type VaePass } from './vae-network.js';
import { type RowBlock, takeRowBlock } from './vae-rows.js';

export interface VaeDefaults extends TrainDefaults {
  readonly hidden: number;
  readonly dim: number;
  readonly dropout: number;
  readonly beta: number;
  readonly annealEpochs: number;
}

/** @param entries what a row consists of, for help texts: `a user's items` */
export const vaeShape = (d: VaeDefaults, entries: string) => ({
  hidden: int({ default: d.hidden, min: 1, max: 4096, help: 'Hidden units of the encoder and of the decoder.' }),
  dim: int({ default: d.dim, min: 1, max: 4096, help: 'Dimension of the latent code.' }),
  variational: flag({
    default: true,
    help: 'Variational autoencoder with a KL term. If false: a denoising autoencoder.',
  }),
  dropout: float({
    default: d.dropout,
    min: 0,
    max: 0.99,
    help: `Dropout rate on ${entries} in training.`,
  }),
  beta: float({ default: d.beta, min: 0, max: 10, help: 'Weight of the KL term after annealing.' }),
  annealEpochs: int({
    default: d.annealEpochs,
    min: 0,
    max: 100_000,
    help: 'Epochs over which the weight of the KL term grows from 0.',
  }),
  ...trainShape(d),
});

/** Search space of both models. */
export const vaeSearch: SearchSpace = {
  hidden: oneOf(100, 200, 400),
  dim: oneOf(32, 64, 128, 200),
  dropout: range(0.2, 0.8),
  beta: range(0.05, 1),
  annealEpochs: wholeRange(0, 20),
  learningRate: logRange(0.0005, 0.01),
  l2: logRange(0.00001, 0.002),
  batchSize: oneOf(64, 128, 256, 512),
};

export interface VaeOptions {
  readonly hidden: number;
  readonly dim: number;
  readonly variational: boolean;
  readonly dropout: number;
  readonly beta: number;
  readonly annealEpochs: number;
  readonly batchSize: number;
}

/** Rows per block when all are encoded. */
const BLOCK = 1024;

/**
 * Kernel memory of a model on `rows` rows with `columns` columns: parameters with Adam, one batch of logits, outputs of all rows, and the
 * layers of a block of rows.
 */
export const vaeMemory = (rows: number, columns: number, o: VaeOptions): number =>
  (columns * (o.hidden + 4) * 2 * 4 +
    Math.min(rows, o.batchSize) * columns +
    rows * (o.hidden + 4) +
    o.hidden * o.dim * (o.variational ? 3 : 2) * 4 +
    Math.min(rows, BLOCK) * (2 * o.hidden + 3 * o.dim)) *
  4;

export interface RowVae {
  readonly parameters: readonly Parameter[];
  readonly size: number;
  /** Length of the rows of `outputs`, `everyOutput` and `columns`. A score is the inner product of two rows. */
  readonly dim: number;
  /** The output layer: one row per column of the matrix. */
  readonly columns: Floats;
  /** Adds the gradient of the mean loss of the rows. Returns the loss, summed over the rows. */
  accumulate(ids: Int32Array, epoch: number, index: number): number;
  /** Last hidden layer of the rows `ids`: `ids.length * dim` values. @param of the matrix that has the rows. Default: the one it is trained on */
  outputs(ids: Int32Array, out: Floats, of?: Interactions): void;
  /** The same for all rows; valid until the next call. */
  everyOutput(): Floats;
  /** The same rows with back-propagation. */
  readonly derived: DerivedRows;
  /** The gradient of `columns`. */
  readonly columnGradient: Floats;
  close(): void;
}

/** @param purpose name of the model; it names the random streams */
export function createRowVae(k: Kernels, matrix: Interactions, seed: number, purpose: string, o: VaeOptions): RowVae {
  const size = { columns: matrix.nItems, hidden: o.hidden, latent: o.dim, variational: o.variational };
  const vae = createVae(k, size, seed, purpose);
  const dropKey = stream(seed, `${purpose} dropout`);
  const noiseKey = stream(seed, `${purpose} noise`);
  let every: Floats | undefined;
  // The same dropout as for the base loss. Noise on the code belongs to the base loss only.
  const derived = createDerivedRows<{ readonly block: RowBlock; readonly pass: VaePass }>(k, matrix.nUsers, vae.width, {
    make(ids, values, epoch) {
      const dropout = epoch === undefined ? undefined : { rate: o.dropout, key: dropKey, epoch };
      const block = takeRowBlock(k, matrix, ids, unitNorm, dropout);
      const pass = vae.open(block);
      for (let r = 0; r < ids.length; r++)
        values.set(pass.out.subarray(r * vae.width, (r + 1) * vae.width), ids[r]! * vae.width);
      return { block, pass };
    },
    back: ({ pass }, gradient) => pass.back(gradient),
    forget({ block, pass }) {
      pass.close();
      block.close();
    },
  });
  const outputs = (ids: Int32Array, out: Floats, of = matrix) => {
    const block = takeRowBlock(k, of, ids, unitNorm);
    vae.outputs(block, out);
    block.close();
  };
  return {
    parameters: vae.parameters,
    size: vae.parameters.reduce((sum, p) => sum + p.values.length, 0),
    dim: vae.width,
    columns: vae.w4.values,
    columnGradient: vae.w4.gradient,
    derived,
    accumulate(ids, epoch, index) {
      const block = takeRowBlock(k, matrix, ids, unitNorm, { rate: o.dropout, key: dropKey, epoch });
      const noise = k.floats(o.variational ? ids.length * o.dim : 0);
      k.normal(noise, noiseKey, epoch * 65536 + index, 1);
      const beta = o.annealEpochs === 0 ? o.beta : o.beta * Math.min(1, (epoch - 1) / o.annealEpochs);
      const loss = vae.step(block, noise, beta);
      k.free(noise);
      block.close();
      return loss;
    },
    outputs,
    everyOutput() {
      every ??= k.floats(matrix.nUsers * vae.width);
      for (let start = 0; start < matrix.nUsers; start += BLOCK) {
        const stop = Math.min(start + BLOCK, matrix.nUsers);
        const ids = Int32Array.from({ length: stop - start }, (_, r) => start + r);
        outputs(ids, every.subarray(start * vae.width, stop * vae.width));
      }
      return every;
    },
    close() {
      if (every) k.free(every);
      derived.close();
      vae.close();
    },
  };
}

/** Rows are divided by their norm before dropout. */
export const unitNorm = (entries: number): number => 1 / Math.sqrt(entries);
