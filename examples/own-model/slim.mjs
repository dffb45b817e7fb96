// SLIM (Ning and Karypis, ICDM 2011): score(u, i) = sum of w_ji over the train items j of u. Column i of W minimises
// 1/2 |x_i - X w|^2 + l2/2 |w|^2 + l1 |w|_1 with w >= 0 and w_ii = 0, by coordinate descent on the Gram matrix X'X.
import { computedModel, float, int, itemsOf, logRange, options } from 'recdistill/toolkit';

export const slim = computedModel({
  name: 'slim',
  summary: 'Sparse linear model of items (non-negative elastic net)',
  source: 'Ning and Karypis, SLIM: Sparse linear methods for top-n recommender systems, ICDM 2011',
  options: options({
    l1: float({ default: 1, min: 0, max: 1e6, help: 'L1 regularisation. Larger values give fewer weights.' }),
    l2: float({ default: 10, min: 0, max: 1e6, help: 'L2 regularisation.' }),
    sweeps: int({ default: 10, min: 1, max: 1000, help: 'Passes of coordinate descent per item.' }),
  }),
  search: { l1: logRange(0.01, 10), l2: logRange(0.1, 1000) },
  capabilities: ['histories'],
  memory: ({ nItems }) => nItems * nItems * 4,
  async create({ train, step }, o) {
    const { nUsers, nItems } = train;
    const gram = new Float32Array(nItems * nItems);
    for (let u = 0; u < nUsers; u++) {
      await step(u, nUsers + nItems);
      for (const i of itemsOf(train, u)) for (const j of itemsOf(train, u)) gram[i * nItems + j] += 1;
    }
    const rows = Array.from({ length: nItems }, () => []);
    let size = 0;
    for (let i = 0; i < nItems; i++) {
      await step(nUsers + i, nUsers + nItems);
      for (const [j, weight] of column(gram, nItems, i, o)) size = rows[j].push([i, weight]) && size + 1;
    }
    const score = (count, listOf, out) => {
      out.fill(0, 0, count * nItems);
      for (let row = 0; row < count; row++)
        for (const j of listOf(row)) for (const [i, weight] of rows[j]) out[row * nItems + i] += weight;
    };
    return {
      ...{ name: 'slim', nUsers, nItems, parameters: [], size: 2 * size },
      scoreRows: (users, out) => score(users.length, (row) => itemsOf(train, users[row]), out),
      // Items are added in ascending order, so that the order of a given history changes no bit.
      histories: { score: (h, out) => score(h.rows, (r) => h.indices.slice(h.indptr[r], h.indptr[r + 1]).sort(), out) },
      close() {},
    };
  },
});

/** The weights of item i that are not 0: pairs of an item and its weight. */
function column(gram, n, i, { l1, l2, sweeps }) {
  const near = Array.from({ length: n }, (_, j) => j).filter((j) => j !== i && gram[i * n + j] > 0);
  const w = new Float64Array(near.length);
  const rest = Float64Array.from(near, (j) => gram[i * n + j]); // g_ji - sum over k of g_jk w_k
  for (let sweep = 0; sweep < sweeps; sweep++) {
    near.forEach((j, a) => {
      const now = Math.max(0, rest[a] + gram[j * n + j] * w[a] - l1) / (gram[j * n + j] + l2);
      if (now === w[a]) return;
      for (let b = 0; b < near.length; b++) rest[b] -= gram[near[b] * n + j] * (now - w[a]);
      w[a] = now;
    });
  }
  return near.map((j, a) => [j, w[a]]).filter(([, weight]) => weight > 0);
}
