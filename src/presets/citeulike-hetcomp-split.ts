import type { Preset } from './_preset.js';

/** Searches of `tune`; neumf and mult-vae were set by hand on valid. */
export const citeulikeHetcompSplit: Preset = {
  name: 'citeulike-hetcomp-split',
  data: {
    name: 'citeulike-hetcomp-split',
    fingerprint: '4b5fc6c41f363acc2dcb150342674c1cab74731335a70cbff0e4dd2913e2ea31',
  },
  selectBy: 'recall@50',
  models: {
    'bpr-mf': {
      options: {
        dim: 128,
        learningRate: 0.002137,
        l2: 0.003028,
        batchSize: 1024,
      },
      valid: 0.3049,
      trials: 8,
      epochs: 810,
      seconds: 1114,
    },
    lightgcn: {
      options: {
        dim: 64,
        layers: 3,
        learningRate: 0.005,
        l2: 0.001,
        batchSize: 8192,
      },
      valid: 0.304,
      trials: 8,
      epochs: 720,
      seconds: 2516,
    },
    cml: {
      options: {
        epochs: 100,
        dim: 64,
        margin: 1.2,
        negatives: 20,
        learningRate: 0.003,
        batchSize: 1024,
      },
      valid: 0.3024,
      trials: 8,
      epochs: 210,
      seconds: 1194,
    },
    cdae: {
      options: {
        dim: 128,
        dropout: 0.5,
        negatives: 5,
        learningRate: 0.01,
        l2: 0.0003,
        batchSize: 128,
      },
      valid: 0.2716,
      trials: 8,
      epochs: 190,
      seconds: 733,
    },
    'item-autoencoder': {
      options: {
        epochs: 30,
        hidden: 100,
        dim: 64,
        dropout: 0.5,
        beta: 0.2,
        annealEpochs: 5,
        learningRate: 0.004,
        l2: 0,
        batchSize: 128,
      },
      valid: 0.2327,
      trials: 8,
      epochs: 70,
      seconds: 1934,
    },
    'item-knn': {
      options: {
        neighbours: 122,
        shrinkage: 29.6,
        shrink: 'denominator',
      },
      valid: 0.2478,
      trials: 16,
      epochs: 0,
      seconds: 96,
    },
    rp3beta: {
      options: {
        alpha: 0.5623,
        beta: 0.3021,
        neighbours: 878,
      },
      valid: 0.2929,
      trials: 16,
      epochs: 0,
      seconds: 190,
    },
    ease: {
      options: {
        l2: 100,
      },
      valid: 0.2819,
      trials: 16,
      epochs: 0,
      seconds: 906,
    },
    ials: {
      options: {
        dim: 128,
        unobservedWeight: 0.006543,
        l2: 0.07317,
        l2Exponent: 0.6561,
      },
      valid: 0.3227,
      trials: 8,
      epochs: 0,
      seconds: 565,
    },
    neumf: {
      options: {
        dim: 64,
        layers: 2,
        layerL2: 30,
        l2: 0.003,
        learningRate: 0.005,
        batchSize: 1024,
        negatives: 4,
        epochs: 100,
      },
      valid: 0.267,
    },
    'mult-vae': {
      options: {
        hidden: 200,
        batchSize: 128,
        learningRate: 0.002,
        beta: 0.5,
        annealEpochs: 5,
        epochs: 40,
      },
    },
  },
};
