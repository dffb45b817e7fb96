/** Distances as inner products, for all that works on factors: -|p - q|^2 = <[2p, 1, -|p|^2], [q, -|q|^2, 1]>. */
import type { Floats, Kernels } from '../kernels/index.js';
import type { Factors, Parameter } from './_model.js';

export interface ProductTables {
  /** The tables, up to date with the points. */
  refresh(): Factors;
  /** The points have moved: the tables are worked out when they are read next. Training on pairs never reads them. */
  outdate(): void;
  /** Adds what the tables' gradients say to those of the points and clears them; only where the tables have been read. */
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
  let fresh = false;

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
    fresh = true;
  };
  const read = (table: Floats) => {
    if (!fresh) build();
    return table;
  };
  const factors: Factors = {
    dim: wide,
    get users() {
      return read(users.table);
    },
    get items() {
      return read(items.table);
    },
    get userGradient() {
      return read(users.gradient);
    },
    get itemGradient() {
      return read(items.gradient);
    },
  };
  return {
    refresh() {
      build();
      return factors;
    },
    outdate() {
      fresh = false;
    },
    backward() {
      if (!fresh) return;
      for (const { points, factor, square, rows, gradient } of sides) {
        for (let r = 0; r < rows; r++) {
          const [to, from] = [r * dim, r * wide];
          const pull = 2 * gradient[from + square]!;
          for (let d = 0; d < dim; d++) {
            points.gradient[to + d]! += factor * gradient[from + d]! - pull * points.values[to + d]!;
          }
        }
        gradient.fill(0);
      }
    },
    close: () => k.free(...sides.flatMap((s) => [s.table, s.gradient])),
  };
}
