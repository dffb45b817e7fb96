/** The pipelines of `demo`. */

export interface Demo {
  readonly pipeline: object;
  /** Approximate duration on two cores. */
  readonly minutes: string;
}

/** CiteULike-t, 5,219 users and 25,181 items: within 6 minutes on two cores. */
export const citeulike: Demo = {
  minutes: 'about 5 minutes',
  pipeline: {
    name: 'demo',
    data: { data: 'citeulike-t', minUser: 5, split: 'ratio', splitSeed: 0, coldItems: 'drop' },
    evaluation: { at: [10, 50], selectBy: 'recall@50' },
    baselines: [{ model: 'top-pop' }, { model: 'item-knn' }, { model: 'ease' }],
    teachers: [
      { model: 'bpr-mf', epochs: 260 },
      { model: 'lightgcn', epochs: 200 },
      { model: 'mult-vae', epochs: 25 },
    ],
    // The learning rate and weight decay of student-alone were tuned on valid, like those of the teachers.
    students: [
      { model: 'bpr-mf', name: 'student-alone', method: 'none', dim: 6, epochs: 400, learningRate: 0.005, l2: 0.01 },
      { model: 'bpr-mf', name: 'student-hetcomp', method: 'hetcomp', dim: 6, epochs: 150, period: 5 },
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
    baselines: [{ model: 'top-pop' }, { model: 'item-knn' }, { model: 'ease' }],
    teachers: [
      { model: 'bpr-mf', dim: 32, epochs: 100 },
      { model: 'lightgcn', dim: 32, epochs: 60 },
      { model: 'mult-vae', epochs: 15, evaluateEvery: 3, annealEpochs: 10, batchSize: 128, learningRate: 0.002 },
    ],
    students: [
      { model: 'bpr-mf', name: 'student-alone', method: 'none', dim: 6, epochs: 300, learningRate: 0.01 },
      { model: 'bpr-mf', name: 'student-hetcomp', method: 'hetcomp', dim: 6, epochs: 300, learningRate: 0.01 },
    ],
  },
};
