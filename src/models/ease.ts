/**
 * EASE (Steck, WWW 2019): B = I - P diag(1 / P_jj), P = (X'X + l2 I)^-1, scores X B.
 * P is items x items. Where users are fewer we use the identity X P = M X with M = (X X' + l2 I)^-1, users x users, and
 * P_jj = (1 - x_j' M x_j) / l2: the same scores from a smaller inverse.
 */
import { choice, float, options } from '../config/options.js';
import { logRange } from '../config/search.js';
import { type Interactions, itemsOf, transpose } from '../data/interactions.js';
import { type Floats, freeRows, takeRows } from '../kernels/index.js';
import { computed } from './_model.js';

export const ease = computed({
  name: 'ease',
  summary: 'Linear item-item model in closed form',
  source: 'Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019',
  options: options({
    l2: float({ default: 100, above: 0, max: 1e9, help: 'Weight of the squared norm; larger = smoother.' }),
    form: choice(['auto', 'dual', 'primal'], {
      default: 'auto',
      help: 'Which inverse: users x users (dual), items x items (primal), or the smaller (auto). The scores are the same.',
    }),
  }),
  search: { l2: logRange(1, 10_000) },
  capabilities: [],
  memory: ({ users, items }, o) => {
    const n = o.form === 'dual' ? users : o.form === 'primal' ? items : Math.min(users, items);
    return n * n * 4 + items * 256;
  },
  create({ kernels: k, train }, o) {
    const dual = o.form === 'dual' || (o.form === 'auto' && train.users <= train.items);
    const byItem = transpose(train);
    const n = dual ? train.users : train.items;
    const inverse = k.floats(n * n);
    gram(inverse, dual ? byItem : train, n, o.l2);
    k.invert(inverse, n);
    const diagonal = Float64Array.from({ length: train.items }, (_, j) =>
      dual ? (1 - quadratic(inverse, n, itemsOf(byItem, j))) / o.l2 : inverse[j * n + j]!,
    );
    const forward = takeRows(k, dual ? { columns: train.users, ...byItem } : { columns: train.items, ...train });
    const block = 64;
    const part = k.floats(n * block);
    const product = k.floats((dual ? train.items : block) * (dual ? block : train.items));

    /** out = (X P) rows of `users`: in dual form M X, taken from a block of columns of the symmetric M. */
    const dualRows = (users: Int32Array, out: Floats, at: number) => {
      const width = users.length;
      for (let v = 0; v < n; v++) for (let r = 0; r < width; r++) part[v * width + r] = inverse[users[r]! * n + v]!;
      k.propagate(forward, part.subarray(0, n * width), product.subarray(0, train.items * width), width);
      for (let j = 0; j < train.items; j++) {
        for (let r = 0; r < width; r++) out[at + r * train.items + j] = product[j * width + r]!;
      }
    };
    const primalRows = (users: Int32Array, out: Floats, at: number) => {
      for (let r = 0; r < users.length; r++) {
        const row = out.subarray(at + r * n, at + (r + 1) * n).fill(0);
        for (const i of itemsOf(train, users[r]!)) k.addScaled(row, inverse.subarray(i * n, (i + 1) * n), 1);
      }
    };
    return {
      name: 'ease',
      users: train.users,
      items: train.items,
      parameters: [],
      size: dual ? n * n + train.indices.length : n * n,
      scoreRows(users, out) {
        for (let start = 0; start < users.length; start += block) {
          const some = users.subarray(start, start + block);
          (dual ? dualRows : primalRows)(some, out, start * train.items);
        }
        for (let r = 0; r < users.length; r++) {
          const at = r * train.items;
          for (let j = 0; j < train.items; j++) out[at + j] = -out[at + j]! / diagonal[j]!;
          for (const j of itemsOf(train, users[r]!)) out[at + j]! += 1;
        }
      },
      close() {
        freeRows(k, forward);
        k.free(inverse, part, product);
      },
    };
  },
});

/** target = Y'Y + l2 I, where the rows of `y` (users or items) name the columns that meet in them. */
function gram(target: Floats, y: Interactions, n: number, l2: number): void {
  for (let row = 0; row < y.users; row++) {
    const own = itemsOf(y, row);
    for (const a of own) for (const b of own) target[a * n + b]! += 1;
  }
  for (let d = 0; d < n; d++) target[d * n + d]! += l2;
}

function quadratic(m: Floats, n: number, set: Int32Array): number {
  let sum = 0;
  for (const a of set) for (const b of set) sum += m[a * n + b]!;
  return sum;
}
