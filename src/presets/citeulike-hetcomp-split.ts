import type { Preset } from './_preset.js';

export const citeulikeHetcompSplit: Preset = {
  name: 'citeulike-hetcomp-split',
  data: {
    name: 'citeulike-hetcomp-split',
    fingerprint: '4b5fc6c41f363acc2dcb150342674c1cab74731335a70cbff0e4dd2913e2ea31',
  },
  selectBy: 'recall@50',
  models: {
    'bpr-mf': { options: { dim: 64, l2: 0.003, learningRate: 0.002, epochs: 400 } },
    lightgcn: { options: { l2: 0.001, learningRate: 0.005, batchSize: 8192, epochs: 300 } },
    'mult-vae': {
      options: { hidden: 200, batchSize: 128, learningRate: 0.002, beta: 0.5, annealEpochs: 5, epochs: 40 },
    },
    ease: { options: { l2: 100 } },
  },
};
