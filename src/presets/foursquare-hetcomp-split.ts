import type { Preset } from './_preset.js';

/**
 * From searches of `tune`: trials, epochs and seconds (on one thread) are what those took. Models that were still rising when their trials ended
 * have more epochs here than there.
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
        beta: 0.6689,
        epochs: 30,
        hidden: 200,
        learningRate: 0.00231,
        dim: 64,
        dropout: 0.3664,
      },
      valid: 0.2526,
      trials: 4,
      epochs: 60,
      seconds: 3184,
    },
    'item-autoencoder': {
      options: {
        batchSize: 512,
        epochs: 40,
        learningRate: 0.005,
        hidden: 100,
        dim: 64,
        beta: 0.2,
        dropout: 0.5,
      },
      valid: 0.1659,
      trials: 4,
      epochs: 30,
      seconds: 989,
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
