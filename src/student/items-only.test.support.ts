/** Made-up students without users, for tests. */
import type { StudentModel } from './student-model.js';

export function itemsOnlyModel({ nItems = 60, dim = 3, exponent = 0.5, labels = false } = {}): StudentModel {
  const noise = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, j) => ((Math.sin((j + 1) * 12.9898 + seed) * 43758.5453) % 1) * 0.5);
  const most = Math.min(nItems, 20);
  return {
    ...{ nUsers: 0, userIds: [], userFactors: new Float32Array(0), nItems, dim },
    itemFactors: noise(nItems * dim, 1),
    itemBiases: noise(nItems, 2),
    itemIds: Array.from({ length: nItems }, (_, i) => String(2 * i + 10)),
    answer: { by: 'history', inputFactors: noise(nItems * dim, 3), exponent },
    popular: {
      items: Int32Array.from({ length: most }, (_, n) => nItems - 1 - n),
      counts: Int32Array.from({ length: most }, (_, n) => 100 - n),
    },
    ...(labels && { labels: Array.from({ length: nItems }, (_, i) => (i % 3 === 0 ? '' : `Item ${i}`)) }),
  };
}
