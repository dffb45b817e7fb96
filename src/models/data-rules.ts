/** Defaults of models that follow from the data. The numbers are from grids on seven data sets; docs/results/defaults.md compares them with searches. */
import { densityOf, fromData, shortNumber, within } from '../options/from-data.js';

/** Most similar items per item: one in so many pairs is an interaction. */
export const neighboursByDensity = fromData({
  rule: '1 / density, from 50 to 500',
  typical: 200,
  value: (size) => Math.round(within(50, 1 / densityOf(size), 500)),
});

/** Users per step of a softmax over all items: 20 steps per epoch where that gives fewer than 256 users. With another loss 256. */
export const softmaxBatch = fromData({
  rule: 'the power of 2 nearest to users / 20, from 16 to 256; 256 for the loss bpr',
  typical: 256,
  value: ({ nUsers }, { loss }) => (loss === 'bpr' ? 256 : within(16, 2 ** Math.round(Math.log2(nUsers / 20)), 256)),
});

/**
 * Weight decay of factors trained on pairs. In each step the decay applies to all users and items, the gradient only to those in the batch, so
 * the decay grows with the batch and falls with the number of rows.
 */
export const pairDecay = fromData({
  rule: '0.08 x batchSize / (users + items), from 0.003 to 0.02',
  typical: 0.003,
  value: ({ nUsers, nItems }, { batchSize }) =>
    shortNumber(within(0.003, (0.08 * Number(batchSize)) / (nUsers + nItems), 0.02)),
});

/** Linear in the logarithm of the density: `at` for 1 %, `per` more for each factor of 10, between two bounds. */
export const byLogDensity = (at: number, per: number, [low, high]: readonly [number, number], typical: number) =>
  fromData({
    rule: `${at} for a density of 1 %, ${per} more for 10 times the density, from ${low} to ${high}`,
    typical,
    value: (size) => shortNumber(within(low, at + per * Math.log10(densityOf(size) / 0.01), high)),
  });
