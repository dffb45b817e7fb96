/** Negative squared distances as inner products: -|p - q|^2 = <[2p, 1, -|p|^2], [q, -|q|^2, 1]>. */
import type { Kernels } from '../kernels/index.js';
import type { Factors, Parameter } from './_model.js';

export interface ProductTables {
  /** The tables, computed from the current points. */
  factors(): Factors;
  /** Begins a batch. The tables are computed only if a loss asks for them. */
  forward(): void;
  /** Propagates the gradients of the tables to the points and clears them, if the tables were used in this batch. */
  backward(): void;
  close(): void;
}

/** @param p,q points of the users and of the items, `shape` [rows, dim] */
export function productTables(k: Kernels, p: Parameter, q: Parameter): ProductTables {
  const dim = p.shape[1]!;
  const wide = dim + 2;
  const sides = [
    { points: p, factor: 2, one: dim, square: dim + 1 },
    { points: q, factor: 1, one: dim + 1, square: dim },
  ].map((side) => {
    const rows = side.points.shape[0]!;
    return { ...side, rows, table: k.floats(rows * wide), gradient: k.floats(rows * wide) };
  });
  const [users, items] = [sides[0]!, sides[1]!];
  /** The points do not change within a batch, so the tables are computed once for all losses. */
  let state: 'outside' | 'in batch' | 'built in batch' = 'outside';

  const build = () => {
    for (const { points, factor, one, square, rows, table } of sides) {
      for (let r = 0; r < rows; r++) {
        const [from, to] = [r * dim, r * wide];
        let squares = 0;
        for (let d = 0; d < dim; d++) {
          const x = points.values[from + d]!;
          table[to + d] = factor * x;
          squares += x * x;
        }
        table[to + one] = 1;
        table[to + square] = -squares;
      }
    }
  };
  const factors: Factors = {
    dim: wide,
    biases: { userColumn: users.square, itemColumn: items.square },
    userFactors: users.table,
    itemFactors: items.table,
    userGradient: users.gradient,
    itemGradient: items.gradient,
  };
  return {
    factors() {
      if (state !== 'built in batch') build();
      if (state === 'in batch') state = 'built in batch';
      return factors;
    },
    forward() {
      state = 'in batch';
    },
    backward() {
      const built = state === 'built in batch';
      state = 'outside';
      if (!built) return;
      for (const { points, factor, square, rows, gradient } of sides) {
        for (let r = 0; r < rows; r++) {
          const [to, from] = [r * dim, r * wide];
          const pull = 2 * gradient[from + square]!;
          for (let d = 0; d < dim; d++) {
            points.gradient[to + d]! += factor * gradient[from + d]! - pull * points.values[to + d]!;
          }
        }
        gradient.fill(0);
        points.touched?.mark();
      }
    },
    close: () => k.free(...sides.flatMap((s) => [s.table, s.gradient])),
  };
}
