/** A small data set and quick options for the tests of the library. */
import { type LoadedData, loadData } from './data.js';

let loaded: Promise<LoadedData> | undefined;

/** 60 users, 40 items; lists of 10 are judged. */
export const smallData = (): Promise<LoadedData> => {
  loaded ??= loadData('synthetic:60x40x600');
  return loaded;
};

/** Of `train`, for models that learn from pairs. */
export const quick = { epochs: 4, evaluateEvery: 2, dim: 4, at: [5, 10], selectBy: 'recall@10' };
export const judged = { at: [5, 10], selectBy: 'recall@10' };
