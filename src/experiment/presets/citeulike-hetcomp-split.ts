import type { Preset } from './_preset.js';

/**
 * From searches of `tune`, with their trials, epochs and seconds on one thread. The autoencoders were searched twice: in the first search the
 * best trials were at the limits of the space (dropout 0.6, 30 epochs). The second space was chosen after eight trainings with `train`.
 * item-autoencoder was searched again with `--score joint` (ADR 0016). The best of its five trials was the first, with the options of before.
 */
export const citeulikeHetcompSplit: Preset = {
  name: 'citeulike-hetcomp-split',
  data: {
    name: 'citeulike-hetcomp-split',
    fingerprint: '4b5fc6c41f363acc2dcb150342674c1cab74731335a70cbff0e4dd2913e2ea31',
  },
  selectBy: 'recall@50',
  models: {
    'item-knn': {
      options: {
        neighbours: 251,
        shrinkage: 99.12,
        shrink: 'denominator',
      },
      valid: 0.2529,
      trials: 40,
      epochs: 0,
      seconds: 226,
    },
    rp3beta: {
      options: {
        alpha: 0.5379,
        beta: 0.1335,
        neighbours: 542,
      },
      valid: 0.3012,
      trials: 40,
      epochs: 0,
      seconds: 333,
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
        l2: 0.07317,
        unobservedWeight: 0.006543,
        dim: 128,
        l2Exponent: 0.6561,
      },
      valid: 0.3227,
      trials: 36,
      epochs: 0,
      seconds: 2569,
    },
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
    neumf: {
      options: {
        dim: 64,
        layerL2: 30,
        layers: 2,
        negatives: 4,
        learningRate: 0.005,
        l2: 0.003,
        batchSize: 1024,
      },
      valid: 0.267,
      trials: 8,
      epochs: 190,
      seconds: 577,
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
    'mult-vae': {
      options: {
        beta: 0.8,
        dropout: 0.7,
        epochs: 120,
        learningRate: 0.004,
        hidden: 200,
        dim: 64,
        batchSize: 128,
      },
      valid: 0.2777,
      trials: 14,
      epochs: 400,
      seconds: 3512,
    },
    'item-autoencoder': {
      options: {
        beta: 0.3128,
        dim: 64,
        dropout: 0.6876,
        epochs: 120,
        learningRate: 0.003234,
      },
      valid: 0.2764,
      trials: 20,
      epochs: 555,
      seconds: 4340,
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
  },
};
