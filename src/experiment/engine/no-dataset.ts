import type { Dataset, Interactions } from '../../data/index.js';

const none: Interactions = { nUsers: 1, nItems: 1, indptr: new Int32Array(2), indices: new Int32Array(0) };
const ids = { ids: [''], index: new Map([['', 0]]) };

/** Stands for the data set in a graph whose parts need none: one user and one item without an interaction. */
export const noDataset: Dataset = {
  ...{ name: 'no data', users: ids, items: ids, train: none, valid: none, test: none, fingerprint: '', notes: [] },
};
