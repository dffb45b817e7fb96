/** A small data set and quick options for the tests of the library. */
import { type LoadedData, loadData } from './data.js';

let loaded: Promise<LoadedData> | undefined;

/** 60 users, 40 items. Lists of 10 are evaluated. */
export const smallData = (): Promise<LoadedData> => {
  loaded ??= loadData('synthetic:60x40x600');
  return loaded;
};

/** Options of `train` for models that train on pairs. */
export const quick = { epochs: 4, evaluateEvery: 2, dim: 4, at: [5, 10], selectBy: 'recall@10' };
export const judged = { at: [5, 10], selectBy: 'recall@10' };
