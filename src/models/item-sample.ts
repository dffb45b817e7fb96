/** The softmax loss over a sample of the items of a large catalogue. */
import { type Floats, freeRows, type Kernels, type Rows, takeRows, type WeightedRows } from '../kernels/index.js';
import type { RandomKey } from '../math/random.js';
import type { Factors } from './_model.js';

export interface ItemSoftmaxInput {
  /** Distinct users, in kernel memory. */
  readonly users: Int32Array;
  /** The targets of every user of the data, with weights. */
  readonly targets: WeightedRows;
  /** Items of every user of the data that are not in the sum; none of them is a target of the user. */
  readonly excluded: Rows;
  readonly epoch: number;
  /** Of the batch in the epoch. */
  readonly index: number;
}

/** The loss over the first `items` items, with its gradient. */
type SoftmaxOf = (f: Factors, rows: Pick<ItemSoftmaxInput, 'users' | 'targets' | 'excluded'>, items: number) => number;

/**
 * A sample of the items for each batch: the targets of its users, and `samples` of the other items, drawn with replacement. An item that was
 * drawn n times has log(n * others / samples) added to its score, so that every sum of e^s is estimated without bias. These logarithms are one
 * more column of the item vectors, for which users have 1.
 */
export function createItemSample(k: Kernels, nItems: number, samples: number, key: RandomKey) {
  const [drawn, zeros] = [k.ints(samples), k.ints(samples)];
  /** For each item of the sample, its index there, plus 1. */
  const placeOf = new Int32Array(nItems);
  const times = new Int32Array(nItems);

  /** Ascending items with their corrections. */
  const draw = ({
    users,
    targets,
    epoch,
    index,
  }: ItemSoftmaxInput): { items: Int32Array; corrections: Float64Array } => {
    const own = Int32Array.from(
      new Set(Array.from(users, (u) => [...partOf(targets, targets.indices, u)]).flat()),
    ).sort();
    const others = nItems - own.length;
    if (others <= samples) {
      const items = Int32Array.from({ length: nItems }, (_, i) => i);
      return { items, corrections: new Float64Array(nItems) };
    }
    const taken = takeRows(k, { columns: nItems, indptr: Int32Array.of(0, own.length), indices: own });
    k.negatives(drawn, zeros, taken, nItems, key, epoch, index * samples);
    freeRows(k, taken);
    for (const item of drawn) times[item]! += 1;
    const items = Int32Array.from(new Set([...own, ...drawn])).sort();
    const corrections = Float64Array.from(items, (item) =>
      times[item] === 0 ? 0 : Math.log((times[item]! * others) / samples),
    );
    for (const item of drawn) times[item] = 0;
    return { items, corrections };
  };
  /** The rows of the users, with the items' indices in the sample; items that are not in it are left out. */
  const within = (rows: Rows, users: Int32Array): Rows => {
    const lists = Array.from(users, (u) =>
      partOf(rows, rows.indices, u)
        .map((item) => placeOf[item]! - 1)
        .filter((at) => at >= 0),
    );
    const indptr = new Int32Array(users.length + 1);
    lists.forEach((list, r) => {
      indptr[r + 1] = indptr[r]! + list.length;
    });
    return takeRows(k, { columns: nItems, indptr, indices: Int32Array.from(lists.flatMap((list) => [...list])) });
  };
  return {
    accumulate(f: Factors, input: ItemSoftmaxInput, mark: (items?: Int32Array) => void, softmax: SoftmaxOf): number {
      const { users } = input;
      const { items, corrections } = draw(input);
      items.forEach((item, at) => {
        placeOf[item] = at + 1;
      });
      const wide = f.dim + 1;
      const gather = (table: Floats, ids: Int32Array, last: (at: number) => number): Floats => {
        const out = k.floats(ids.length * wide);
        ids.forEach((id, at) => {
          out.set(table.subarray(id * f.dim, (id + 1) * f.dim), at * wide);
          out[at * wide + f.dim] = last(at);
        });
        return out;
      };
      const part = {
        userFactors: gather(f.userFactors, users, () => 1),
        itemFactors: gather(f.itemFactors, items, (at) => corrections[at]!),
        userGradient: k.floats(users.length * wide),
        itemGradient: k.floats(items.length * wide),
      };
      const each = Object.assign(k.ints(users.length), [...users.keys()]);
      const [targets, excluded] = [within(input.targets, users), within(input.excluded, users)];
      const weights = k.floats(targets.indices.length);
      weights.set([...users].flatMap((u) => [...partOf(input.targets, input.targets.weights, u)]));
      const rows = { users: each, targets: { ...targets, weights }, excluded };
      const loss = softmax({ ...part, dim: wide }, rows, items.length);
      const spread = (from: Floats, ids: Int32Array, to: Floats): void =>
        ids.forEach((id, at) => {
          for (let d = 0; d < f.dim; d++) to[id * f.dim + d]! += from[at * wide + d]!;
        });
      spread(part.userGradient, users, f.userGradient);
      spread(part.itemGradient, items, f.itemGradient);
      mark(items);
      for (const item of items) placeOf[item] = 0;
      freeRows(k, targets);
      freeRows(k, excluded);
      k.free(each, weights, ...Object.values(part));
      return loss;
    },
    close: () => k.free(drawn, zeros),
  };
}

const partOf = <T extends { subarray(from: number, to: number): T }>({ indptr }: Rows, values: T, row: number): T =>
  values.subarray(indptr[row]!, indptr[row + 1]!);
