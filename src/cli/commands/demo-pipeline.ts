/** The pipelines of `demo`. */

export interface Demo {
  readonly pipeline: object;
  /** Approximate duration on two cores. */
  readonly minutes: string;
}

/** Computed directly, in seconds. A model that is not above them is not worth training. */
const baselines = [{ model: 'top-pop' }, { model: 'item-knn' }, { model: 'rp3beta' }];

/** A small student. */
const student = (name: string, method: string) => ({ model: 'bpr-mf', name, method, dim: 6 });

/**
 * CiteULike-t, 5,219 users and 25,181 items. Of several sets of teachers, this one gave a student the most per second, on valid: two that are
 * computed directly, and one whose training it follows. The settings of ials were tuned on valid, those of ease and cml are the defaults.
 */
export const citeulike: Demo = {
  minutes: 'about a minute',
  pipeline: {
    name: 'demo',
    data: { data: 'citeulike-t', minUser: 5, split: 'ratio', splitSeed: 0, coldItems: 'drop' },
    evaluation: { at: [10, 50], selectBy: 'recall@50' },
    baselines,
    teachers: [
      { model: 'ials', dim: 128, epochs: 10, unobservedWeight: 0.0065, l2: 0.073, l2Exponent: 0.656 },
      { model: 'ease' },
      { model: 'cml', epochs: 80 },
    ],
    // Their options were tuned on valid, as those of student-alone were; mf has the options that reach most in a few seconds.
    matched: [
      { model: 'ials', dim: 6, unobservedWeight: 0.003, l2: 0.005 },
      { model: 'mf', dim: 6, epochs: 30, evaluateEvery: 10, batchSize: 1024, samples: 500, learningRate: 0.1, l2: 0.1 },
    ],
    // The learning rate and weight decay of student-alone were tuned on valid.
    students: [
      { ...student('student-alone', 'none'), epochs: 400, learningRate: 0.005, l2: 0.01 },
      { ...student('student-hetcomp', 'hetcomp'), epochs: 150, period: 5 },
    ],
  },
};

/** Synthetic data, small enough for a minute. */
export const synthetic: Demo = {
  minutes: 'less than a minute',
  pipeline: {
    name: 'demo-synthetic',
    data: { data: 'synthetic' },
    evaluation: { at: [10, 50], selectBy: 'recall@50' },
    baselines,
    teachers: [{ model: 'ials', unobservedWeight: 0.1 }, { model: 'ease' }, { model: 'cml', dim: 32, epochs: 60 }],
    matched: [
      { model: 'ials', dim: 6, unobservedWeight: 0.1 },
      { model: 'mf', dim: 6, epochs: 60, learningRate: 0.05 },
    ],
    students: [
      { ...student('student-alone', 'none'), epochs: 300, learningRate: 0.01 },
      { ...student('student-hetcomp', 'hetcomp'), epochs: 300, learningRate: 0.01 },
    ],
  },
};
