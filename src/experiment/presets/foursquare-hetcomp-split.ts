import type { Preset } from './_preset.js';

/**
 * From searches of `tune`, with their trials, epochs and seconds on one thread. Models that still improved when their trials ended have more
 * epochs here. The autoencoders were searched twice: the first space had too little regularisation, and its trials had too few epochs.
 * One trial of item-autoencoder was paused; its seconds are computed from another trial, by epochs.
 * Trials of mult-vae and item-autoencoder had 40 epochs. Their best epochs were 20 and 25, so they have fewer epochs here.
 * item-autoencoder was searched again with `--score joint` (ADR 0016). The best of its three trials was the first, with the options of before.
 */
export const foursquareHetcompSplit: Preset = {
  name: 'foursquare-hetcomp-split',
  data: {
    name: 'foursquare-hetcomp-split',
    fingerprint: 'bb1b7a23408350cc1ac0d954c16b8a14e005932d04be684d75b6345eeb9827a0',
  },
  selectBy: 'recall@50',
  models: {
    'item-knn': {
      options: {
        neighbours: 122,
        shrinkage: 29.6,
        shrink: 'denominator',
      },
      valid: 0.2552,
      trials: 6,
      epochs: 0,
      seconds: 30,
    },
    rp3beta: {
      options: {
        alpha: 1,
        beta: 0,
        neighbours: 200,
      },
      valid: 0.2669,
      trials: 6,
      epochs: 0,
      seconds: 37,
    },
    ease: {
      options: {
        l2: 166.1,
      },
      valid: 0.2688,
      trials: 2,
      epochs: 0,
      seconds: 1194,
    },
    ials: {
      options: {
        dim: 128,
        unobservedWeight: 0.005341,
        l2: 0.01086,
      },
      valid: 0.2653,
      trials: 6,
      epochs: 0,
      seconds: 253,
    },
    'bpr-mf': {
      options: {
        batchSize: 4096,
        epochs: 150,
        dim: 128,
        learningRate: 0.003274,
        l2: 0.002598,
      },
      valid: 0.2415,
      trials: 4,
      epochs: 260,
      seconds: 673,
    },
    cml: {
      options: {
        batchSize: 4096,
        epochs: 50,
        learningRate: 0.0047,
        negatives: 10,
        dim: 128,
        margin: 1.085,
      },
      valid: 0.2391,
      trials: 4,
      epochs: 120,
      seconds: 815,
    },
    neumf: {
      options: {
        batchSize: 4096,
        dim: 64,
        epochs: 50,
        layerL2: 90.46,
        layers: 2,
        learningRate: 0.004192,
        l2: 0.001462,
      },
      valid: 0.2442,
      trials: 4,
      epochs: 130,
      seconds: 4256,
    },
    lightgcn: {
      options: {
        epochs: 120,
        l2: 0.0003288,
        layers: 2,
        learningRate: 0.006295,
      },
      valid: 0.2516,
      trials: 4,
      epochs: 160,
      seconds: 3478,
    },
    'mult-vae': {
      options: {
        batchSize: 512,
        epochs: 25,
        hidden: 200,
        dim: 64,
        beta: 0.7,
        dropout: 0.6,
        learningRate: 0.004,
      },
      valid: 0.2563,
      trials: 5,
      epochs: 100,
      seconds: 4961,
    },
    'item-autoencoder': {
      options: {
        batchSize: 512,
        epochs: 30,
        hidden: 100,
        dim: 64,
        beta: 0.4,
        dropout: 0.7,
        learningRate: 0.004,
      },
      valid: 0.2615,
      trials: 9,
      epochs: 155,
      seconds: 4014,
    },
    cdae: {
      options: {
        batchSize: 256,
        dim: 128,
        epochs: 60,
        dropout: 0.6322,
        learningRate: 0.005559,
        l2: 0.0001015,
      },
      valid: 0.239,
      trials: 4,
      epochs: 100,
      seconds: 403,
    },
  },
};
