/** The data sets of the page, its teachers and its students. */

export interface DataSet {
  readonly options: Readonly<Record<string, unknown>>;
  /** Of the teachers. Absent: the defaults of the models. */
  readonly preset?: string;
  readonly seeds: readonly number[];
  readonly dims: readonly number[];
  /** Models that are judged beside the teachers. */
  readonly others: readonly string[];
  /** Seeds of students that are trained with the hidden users, too, to compare with. */
  readonly knownSeeds: readonly number[];
  /** The set on which the options of the students were searched. Absent: this one. */
  readonly searchedOn?: string;
}

export const TUNED_DIM = 16;

const ALL = { seeds: [0, 1, 2], dims: [6, 8, 16, 32], others: ['top-pop', 'mult-vae'], knownSeeds: [0] };

export const SETS: Readonly<Record<string, DataSet>> = {
  'citeulike-hetcomp-split': {
    options: { data: 'citeulike-hetcomp-split' },
    preset: 'citeulike-hetcomp-split',
    ...ALL,
  },
  'ml-latest-small': { options: { data: 'ml-latest-small', rating: 'none' }, ...ALL },
  synthetic: { options: { data: 'synthetic:2000x3000x60000' }, ...ALL },
  // Five to ten times the work of CiteULike: one seed, one size, no search.
  'foursquare-hetcomp-split': {
    ...{ options: { data: 'foursquare-hetcomp-split' }, preset: 'foursquare-hetcomp-split' },
    ...{ seeds: [0], dims: [TUNED_DIM], others: ['top-pop'], knownSeeds: [], searchedOn: 'citeulike-hetcomp-split' },
  },
};

export const TEACHERS = ['ials', 'rp3beta', 'ease', 'item-knn'];

/** Defaults when the page was first made, for sets without a preset. Some follow from the data now. */
export const USUAL: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ials: { unobservedWeight: 0.003, l2: 0.02 },
  ease: { l2: 100 },
  'item-knn': { neighbours: 200, shrinkage: 10 },
  rp3beta: { alpha: 1, beta: 0, neighbours: 200 },
};

/** `none` has no teachers, and only the size at which options are searched. */
export const METHODS = ['none', 'rrd', 'hetcomp', 'softmax'];
export const STUDENTS = ['bpr-mf', 'fism'];

/** Factors of the learning rate and of l2 that are tried for each method and student, on valid. */
export const TRIALS = [
  { learningRate: 1, l2: 1 },
  { learningRate: 0.5, l2: 1 },
  { learningRate: 1, l2: 0.1 },
  { learningRate: 1, l2: 10 },
] as const;
