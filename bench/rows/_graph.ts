import { type Interactions, transpose } from 'recdistill/data';
import { tensor } from '../tensors.js';

/** The bipartite graph with users first, each edge weighted 1 / sqrt(degree x degree). */
export function adjacency(train: Interactions) {
  const turned = transpose(train);
  const edges = train.indices.length;
  const indptr = new Int32Array(train.nUsers + train.nItems + 1);
  indptr.set(train.indptr, 0);
  indptr.set(
    turned.indptr.map((start) => start + edges),
    train.nUsers,
  );
  const indices = new Int32Array(2 * edges);
  indices.set(
    train.indices.map((item) => item + train.nUsers),
    0,
  );
  indices.set(turned.indices, edges);
  const weights = new Float32Array(2 * edges);
  const degree = (node: number): number => indptr[node + 1]! - indptr[node]!;
  for (let node = 0; node < train.nUsers + train.nItems; node++) {
    for (let e = indptr[node]!; e < indptr[node + 1]!; e++)
      weights[e] = 1 / Math.sqrt(degree(node) * degree(indices[e]!));
  }
  return { indptr: tensor(indptr), indices: tensor(indices), weights: tensor(weights) };
}
