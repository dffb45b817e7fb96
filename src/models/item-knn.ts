/**
 * Item neighbourhoods (Sarwar et al., WWW 2001; shrinkage as in Bell and Koren, 2007):
 * sim(i, j) = c_ij / (sqrt(n_i n_j) + shrinkage), c_ij = users who have both, n_i = users who have i;
 * score(u, i) = sum of sim(i, j) over the train items j of u that are among the `neighbours` most similar to i.
 */
import { float, int, options } from '../config/options.js';
import { logRange, range } from '../config/search.js';
import { type Interactions, itemsOf, transpose } from '../data/interactions.js';
import { computed } from './_model.js';

export const itemKnn = computed({
  name: 'item-knn',
  summary: 'Items similar to what the user has (cosine with shrinkage)',
  source: 'Sarwar et al., Item-based collaborative filtering recommendation algorithms, WWW 2001',
  options: options({
    neighbours: int({ default: 200, min: 1, max: 1_000_000, help: 'Most similar items kept for each item.' }),
    shrinkage: float({
      default: 10,
      min: 0,
      max: 1e6,
      help: 'Added to the denominator: lowers similarities that rest on few users.',
    }),
  }),
  search: { neighbours: range(10, 1000, { scale: 'log', whole: true }), shrinkage: logRange(0.1, 1000) },
  capabilities: [],
  memory: ({ items }, o) => items * Math.min(items, o.neighbours) * 8,
  create({ train }, o) {
    const near = neighboursOf(train, o.neighbours, o.shrinkage);
    return {
      name: 'item-knn',
      users: train.users,
      items: train.items,
      parameters: [],
      size: near.indices.length * 2,
      scoreRows(users, out) {
        out.fill(0, 0, users.length * train.items);
        for (let r = 0; r < users.length; r++) {
          const at = r * train.items;
          for (const j of itemsOf(train, users[r]!)) {
            for (let e = near.indptr[j]!; e < near.indptr[j + 1]!; e++)
              out[at + near.indices[e]!]! += near.similarity[e]!;
          }
        }
      },
      close() {},
    };
  },
});

interface Neighbours {
  /** For each item j the items i that count j among their neighbours. */
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly similarity: Float32Array;
}

function neighboursOf(train: Interactions, keep: number, shrinkage: number): Neighbours {
  const byItem = transpose(train);
  const size = (i: number) => byItem.indptr[i + 1]! - byItem.indptr[i]!;
  const common = new Int32Array(train.items);
  const from: number[] = [];
  const to: number[] = [];
  const similarity: number[] = [];
  for (let i = 0; i < train.items; i++) {
    const touched: number[] = [];
    for (const u of itemsOf(byItem, i)) {
      for (const j of itemsOf(train, u)) {
        if (j === i) continue;
        if (common[j] === 0) touched.push(j);
        common[j]! += 1;
      }
    }
    const sim = (j: number) => common[j]! / (Math.sqrt(size(i) * size(j)) + shrinkage);
    const best = touched.map((j) => ({ j, s: sim(j) }));
    if (best.length > keep) best.sort((a, b) => b.s - a.s || a.j - b.j).length = keep;
    for (const { j, s } of best) {
      from.push(j);
      to.push(i);
      similarity.push(s);
    }
    for (const j of touched) common[j] = 0;
  }
  return group(train.items, from, to, similarity);
}

function group(items: number, from: number[], to: number[], similarity: number[]): Neighbours {
  const indptr = new Int32Array(items + 1);
  for (const j of from) indptr[j + 1]! += 1;
  for (let j = 0; j < items; j++) indptr[j + 1]! += indptr[j]!;
  const cursor = indptr.slice();
  const indices = new Int32Array(from.length);
  const values = new Float32Array(from.length);
  for (let e = 0; e < from.length; e++) {
    const at = cursor[from[e]!]!++;
    indices[at] = to[e]!;
    values[at] = similarity[e]!;
  }
  return { indptr, indices, similarity: values };
}
