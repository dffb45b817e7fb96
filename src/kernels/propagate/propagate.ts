import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import { freeRows, type Rows, takeRows, type WeightedRows } from '../rows.js';

/** Rows per chunk: few, because a popular row costs as much as hundreds of others. */
const ROWS_AT_ONCE = 32;
const CHUNK = 16_384;

/** Floats per row of a slice: a cache line. Narrower slices give each thread one. */
const WIDEST = 16;

/**
 * The weighted edges of a bipartite graph in kernel memory. Row `userPlaces[user]` of `byUser` has the edges of the user; its columns are
 * places of items. `byItem` is the same the other way round.
 */
export interface Graph {
  readonly byUser: WeightedRows;
  readonly byItem: WeightedRows;
  readonly userPlaces: Int32Array;
  readonly itemPlaces: Int32Array;
}

/** The edges of each node, with weights. */
export interface Edges {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly weights: ArrayLike<number>;
}

/** A row of `dim` values for each user and each item. */
export interface NodeTables {
  readonly users: Floats;
  readonly items: Floats;
}

/**
 * Copies a graph into kernel memory; free it with `freeGraph`. The nodes of most edges get the first places: popular rows are then close
 * to each other, and the processor predicts the number of edges of the next row. The edges of a node keep their order, and with it the
 * bits.
 */
export function takeGraph(m: Machine, byUser: Edges, byItem: Edges): Graph {
  const [userPlaces, itemPlaces] = [placesByDegree(m, byUser), placesByDegree(m, byItem)];
  return {
    byUser: placed(m, byUser, userPlaces, itemPlaces),
    byItem: placed(m, byItem, itemPlaces, userPlaces),
    ...{ userPlaces, itemPlaces },
  };
}

export function freeGraph(m: Machine, { byUser, byItem, userPlaces, itemPlaces }: Graph): void {
  freeRows(m, byUser);
  freeRows(m, byItem);
  m.free(userPlaces, itemPlaces);
}

const nodesOf = (places: Int32Array): Int32Array => {
  const nodes = new Int32Array(places.length);
  places.forEach((place, node) => {
    nodes[place] = node;
  });
  return nodes;
};

function placesByDegree(m: Machine, { indptr }: Edges): Int32Array {
  const degree = (node: number) => indptr[node + 1]! - indptr[node]!;
  const places = m.ints(indptr.length - 1);
  Int32Array.from({ length: places.length }, (_, node) => node)
    .sort((a, b) => degree(b) - degree(a) || a - b)
    .forEach((node, place) => {
      places[node] = place;
    });
  return places;
}

function placed(m: Machine, edges: Edges, rowPlaces: Int32Array, columnPlaces: Int32Array): WeightedRows {
  const indptr = new Int32Array(rowPlaces.length + 1);
  const indices = new Int32Array(edges.indices.length);
  const weights = new Float64Array(edges.indices.length);
  let at = 0;
  nodesOf(rowPlaces).forEach((node, place) => {
    for (let e = edges.indptr[node]!; e < edges.indptr[node + 1]!; e++, at++) {
      indices[at] = columnPlaces[edges.indices[e]!]!;
      weights[at] = edges.weights[e]!;
    }
    indptr[place + 1] = at;
  });
  return takeRows(m, { columns: columnPlaces.length, indptr, indices }, weights);
}

/**
 * Working memory of `meanOfLayers` in bytes, kept until the kernels are closed.
 * @param nodes users and items
 */
export const layersBytes = (nodes: number, layers: number, threads: number): number =>
  threads * Math.max(2, layers) * nodes * WIDEST * 4;

export interface PropagateKernels {
  /**
   * y[r] = sum over the entries of row r of weight * x[column]. `x` has a row of `dim` values for each column of `rows`, `y` one for each row.
   * The weight is 1 if `rows` has no weights. An empty row gives zeros. `y` must not overlap `x`.
   * @param sum like `y`; if given, sum[r] += y[r]
   */
  propagate(rows: Rows, x: Floats, y: Floats, dim: number, sum?: Floats): void;
  /**
   * out = (x_0 + ... + x_layers) / (layers + 1) with x_0 = `from` and x_{l+1} = A x_l, where A is the weighted adjacency of `graph`
   * (the propagation of LightGCN). `out` must not overlap `from`.
   * @param layers 0 or more
   */
  meanOfLayers(graph: Graph, from: NodeTables, out: NodeTables, dim: number, layers: number): void;
  /** y += factor * x, for arrays of equal length. */
  addScaled(y: Floats, x: Floats, factor: number): void;
  /** y *= factor. */
  scale(y: Floats, factor: number): void;
}

export function propagateReference(m: Machine): PropagateKernels {
  const kernels: PropagateKernels = {
    propagate(rows, x, y, dim, sum) {
      for (let r = 0; r < rows.rows; r++) {
        for (let d = 0; d < dim; d++) {
          let total = 0;
          for (let k = rows.indptr[r]!; k < rows.indptr[r + 1]!; k++) {
            total += (rows.weights ? rows.weights[k]! : 1) * x[rows.indices[k]! * dim + d]!;
          }
          y[r * dim + d] = total;
          if (sum) sum[r * dim + d]! += total;
        }
      }
    },
    meanOfLayers({ byUser, byItem, userPlaces, itemPlaces }, from, out, dim, layers) {
      const placedRows = (table: Floats, places: Int32Array): Floats => {
        const rows = m.floats(table.length);
        places.forEach((place, node) => {
          rows.set(table.subarray(node * dim, (node + 1) * dim), place * dim);
        });
        return rows;
      };
      let x = { users: placedRows(from.users, userPlaces), items: placedRows(from.items, itemPlaces) };
      const sum = { users: placedRows(from.users, userPlaces), items: placedRows(from.items, itemPlaces) };
      for (let layer = 0; layer < layers; layer++) {
        const y = { users: m.floats(x.users.length), items: m.floats(x.items.length) };
        kernels.propagate(byUser, x.items, y.users, dim, sum.users);
        kernels.propagate(byItem, x.users, y.items, dim, sum.items);
        m.free(x.users, x.items);
        x = y;
      }
      const finish = (rows: Floats, places: Int32Array, table: Floats): void => {
        kernels.scale(rows, 1 / (layers + 1));
        places.forEach((place, node) => {
          table.set(rows.subarray(place * dim, (place + 1) * dim), node * dim);
        });
      };
      finish(sum.users, userPlaces, out.users);
      finish(sum.items, itemPlaces, out.items);
      m.free(x.users, x.items, sum.users, sum.items);
    },
    addScaled(y, x, factor) {
      for (let k = 0; k < y.length; k++) y[k]! += factor * x[k]!;
    },
    scale(y, factor) {
      for (let k = 0; k < y.length; k++) y[k]! *= factor;
    },
  };
  return kernels;
}

export function propagateWasm(m: WasmMachine): PropagateKernels {
  return {
    propagate(rows, x, y, dim, sum) {
      const args = { starts: rows.indptr, columns: rows.indices, weights: rows.weights, x, y, sum, dim };
      m.run('propagate', args, rows.rows, ROWS_AT_ONCE);
    },
    meanOfLayers({ byUser, byItem, userPlaces, itemPlaces }, from, out, dim, layers) {
      if (layers === 0) {
        out.users.set(from.users);
        out.items.set(from.items);
        return;
      }
      let width = WIDEST;
      while (width > 4 && Math.ceil(dim / width) < m.threads) width /= 2;
      const args = {
        ...{ userStarts: byUser.indptr, userColumns: byUser.indices, userWeights: byUser.weights },
        ...{ itemStarts: byItem.indptr, itemColumns: byItem.indices, itemWeights: byItem.weights },
        ...{ userPlaces, itemPlaces, users: from.users, items: from.items, outUsers: out.users, outItems: out.items },
        ...{ nUsers: byUser.rows, nItems: byItem.rows, dim, width, layers },
        ...takeSlots(m, 'meanOfLayers', layersBytes(byUser.rows + byItem.rows, layers, 1)),
      };
      m.run('meanOfLayers', args, Math.ceil(dim / width), 1);
    },
    addScaled(y, x, factor) {
      m.run('addScaled', { y, x, factor }, y.length, CHUNK);
    },
    scale(y, factor) {
      m.run('scale', { y, factor }, y.length, CHUNK);
    },
  };
}
