/** The data sets of the page, its teachers and its students. */

export interface DataSet {
  readonly options: Readonly<Record<string, unknown>>;
  /** Of the teachers. Absent: the defaults of the models. */
  readonly preset?: string;
  readonly seeds: readonly number[];
  readonly dims: readonly number[];
}

const ALL = { seeds: [0, 1, 2], dims: [6, 8, 16, 32] };

export const SETS: Readonly<Record<string, DataSet>> = {
  'citeulike-hetcomp-split': {
    options: { data: 'citeulike-hetcomp-split' },
    preset: 'citeulike-hetcomp-split',
    ...ALL,
  },
  'ml-latest-small': { options: { data: 'ml-latest-small', rating: 'none' }, ...ALL },
  'made-up': { options: { data: 'synthetic:2000x3000x60000' }, ...ALL },
  // Five to ten times the work of CiteULike: one seed, two sizes.
  'foursquare-hetcomp-split': {
    ...{ options: { data: 'foursquare-hetcomp-split' }, preset: 'foursquare-hetcomp-split' },
    ...{ seeds: [0], dims: [8, 16] },
  },
};

export const TEACHERS = ['ials', 'rp3beta', 'ease', 'item-knn'];
/** Judged beside them. */
export const OTHERS = ['top-pop', 'mult-vae'];

/** `none` has no teachers, and only the size at which options are searched. */
export const METHODS = ['none', 'rrd', 'hetcomp', 'softmax'];
export const STUDENTS = ['bpr-mf', 'fism'];

export const TUNED_DIM = 16;
/** Factors of the learning rate and of l2 that are tried for each method and student, on valid. */
export const TRIALS = [
  { learningRate: 1, l2: 1 },
  { learningRate: 0.5, l2: 1 },
  { learningRate: 1, l2: 0.1 },
  { learningRate: 1, l2: 10 },
] as const;
