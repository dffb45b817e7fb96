import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import { freeRows, type Rows, type WeightedRows } from '../rows.js';

/** Rows per chunk: few, because a popular row costs as much as hundreds of others. */
const ROWS_AT_ONCE = 32;
const CHUNK = 16_384;

/** Floats per row of a slice: a cache line. Narrower slices give each thread one. */
const WIDEST = 16;

/** Least columns of a block, measured: their slices have 2 MB. Smaller blocks read and write the rows more often than the cache saves. */
const BLOCK = 32_768;

/** Least edges of a row in a block, on average. */
const EDGES_AT_ONCE = 4;

/**
 * Weighted rows whose columns are cut into `blocks` ranges of `BLOCK` columns or more. Row b * nodes + r has the edges of node r to the columns of
 * block b, so that `rows` is blocks * nodes, and one block after the other is a product whose reads are in the cache.
 */
export interface GraphRows extends WeightedRows {
  readonly nodes: number;
  readonly blocks: number;
}

/**
 * The weighted edges of a bipartite graph in kernel memory. Row `userPlaces[user]` of each block of `byUser` has edges of the user; its columns
 * are places of items. `byItem` is the same the other way round.
 */
export interface Graph {
  readonly byUser: GraphRows;
  readonly byItem: GraphRows;
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
 * Copies a graph into kernel memory; free it with `freeGraph`. Within a block, the nodes of most edges get the first places: popular rows are
 * then close to each other, and the processor predicts the number of edges of the next row. The edges of a node are added in ascending
 * order whatever the blocks are, and so the bits are the same.
 * @param byUser columns ascending within each row, like those of `byItem`
 * @param block least columns of a block
 */
export function takeGraph(m: Machine, byUser: Edges, byItem: Edges, block = BLOCK): Graph {
  const [nUsers, nItems] = [byUser.indptr.length - 1, byItem.indptr.length - 1];
  const count = byUser.indices.length;
  const [items, users] = [blockSize(nItems, nUsers, count, block), blockSize(nUsers, nItems, count, block)];
  const [userPlaces, itemPlaces] = [placesByDegree(m, byUser, users), placesByDegree(m, byItem, items)];
  return {
    byUser: placed(m, byUser, userPlaces, itemPlaces, items),
    byItem: placed(m, byItem, itemPlaces, userPlaces, users),
    ...{ userPlaces, itemPlaces },
  };
}

export function freeGraph(m: Machine, { byUser, byItem, userPlaces, itemPlaces }: Graph): void {
  freeRows(m, byUser);
  freeRows(m, byItem);
  m.free(userPlaces, itemPlaces);
}

/** Columns of a block. Each block reads and writes all rows, which is worth it for `EDGES_AT_ONCE` edges a row on average. */
function blockSize(columns: number, rows: number, edges: number, least: number): number {
  const blocks = Math.min(Math.floor(columns / least), Math.floor(edges / (EDGES_AT_ONCE * Math.max(1, rows))));
  return Math.max(1, Math.ceil(columns / Math.max(1, blocks)));
}

/** The place of each node: blocks stay in order, and within a block the nodes of most edges come first. */
function placesByDegree(m: Machine, { indptr }: Edges, size: number): Int32Array {
  const places = m.ints(indptr.length - 1);
  const degree = (node: number) => indptr[node + 1]! - indptr[node]!;
  for (let start = 0; start < places.length; start += size) {
    Int32Array.from({ length: Math.min(size, places.length - start) }, (_, at) => start + at)
      .sort((a, b) => degree(b) - degree(a) || a - b)
      .forEach((node, at) => {
        places[node] = start + at;
      });
  }
  return places;
}

/** @param size columns of a block */
function placed(m: Machine, edges: Edges, rowPlaces: Int32Array, columnPlaces: Int32Array, size: number): GraphRows {
  const [nodes, columns] = [rowPlaces.length, columnPlaces.length];
  const blocks = Math.max(1, Math.ceil(columns / size));
  const indptr = m.ints(blocks * nodes + 1);
  const indices = m.ints(edges.indices.length);
  const weights = m.floats(edges.indices.length);
  const eachEdge = (use: (row: number, edge: number) => void) => {
    for (let node = 0; node < nodes; node++) {
      for (let e = edges.indptr[node]!; e < edges.indptr[node + 1]!; e++) {
        use(Math.floor(edges.indices[e]! / size) * nodes + rowPlaces[node]!, e);
      }
    }
  };
  indptr.fill(0);
  eachEdge((row) => indptr[row + 1]!++);
  for (let row = 0; row < blocks * nodes; row++) indptr[row + 1]! += indptr[row]!;
  const next = indptr.slice(0, -1);
  eachEdge((row, e) => {
    const at = next[row]!++;
    indices[at] = columnPlaces[edges.indices[e]!]!;
    weights[at] = edges.weights[e]!;
  });
  return { rows: blocks * nodes, columns, indptr, indices, weights, nodes, blocks };
}

/**
 * Kernel memory of a graph in bytes, at most.
 * @param edges in one direction
 */
export const graphBytes = (nodes: number, edges: number): number => 8 * nodes + 2 * edges * (8 + 4 / EDGES_AT_ONCE);

/**
 * Working memory of `meanOfLayers` in bytes, kept until the kernels are closed.
 * @param nodes users and items
 */
export const layersBytes = (nodes: number, layers: number, threads: number): number =>
  threads * (layers + 1) * nodes * WIDEST * 4;

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
      const addProduct = ({ indptr, indices, weights, rows, nodes }: GraphRows, x: Floats, y: Floats): void => {
        for (let row = 0; row < rows; row++) {
          for (let e = indptr[row]!; e < indptr[row + 1]!; e++) {
            for (let d = 0; d < dim; d++) y[(row % nodes) * dim + d]! += weights[e]! * x[indices[e]! * dim + d]!;
          }
        }
      };
      let x = { users: placedRows(from.users, userPlaces), items: placedRows(from.items, itemPlaces) };
      const sum = { users: placedRows(from.users, userPlaces), items: placedRows(from.items, itemPlaces) };
      for (let layer = 0; layer < layers; layer++) {
        const y = { users: m.floats(x.users.length), items: m.floats(x.items.length) };
        addProduct(byUser, x.items, y.users);
        addProduct(byItem, x.users, y.items);
        kernels.addScaled(sum.users, y.users, 1);
        kernels.addScaled(sum.items, y.items, 1);
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
        ...{
          userStarts: byUser.indptr,
          userColumns: byUser.indices,
          userWeights: byUser.weights,
          userBlocks: byUser.blocks,
        },
        ...{
          itemStarts: byItem.indptr,
          itemColumns: byItem.indices,
          itemWeights: byItem.weights,
          itemBlocks: byItem.blocks,
        },
        ...{ userPlaces, itemPlaces, users: from.users, items: from.items, outUsers: out.users, outItems: out.items },
        ...{ nUsers: byUser.nodes, nItems: byItem.nodes, dim, width, layers },
        ...takeSlots(m, 'meanOfLayers', layersBytes(byUser.nodes + byItem.nodes, layers, 1)),
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
