/**
 * iALS in shards: a half-step of one shard of users reads the vectors of all items, and then one of items those of all users. w Q'Q is the sum of
 * the products of the shards. So a process needs the vectors of one side, but never those of both sides or all interactions.
 */
import type { Floats, Kernels } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import type { ShardedModel, Tables } from '../_model.js';
import { freeSide, type IalsOptions, modelOfTables, solveSide, takeSide } from '../ials-solver.js';
import { rangesOf, type ShardContext, type Side } from './_shards.js';

export interface ShardedIalsOptions extends IalsOptions {
  readonly epochs: number;
  readonly initScale: number;
}

/** Vectors of items before the first half-step. */
export function initialItems(
  k: Kernels,
  nItems: number,
  seed: number,
  o: Pick<ShardedIalsOptions, 'dim' | 'initScale'>,
): Floats {
  const items = k.floats(nItems * o.dim);
  k.normal(items, stream(seed, 'ials items'), 0, o.initScale);
  return items;
}

const nameOf = (side: Side, sweep: number): string => `${side}-${sweep}`;

export const ialsShards: ShardedModel<ShardedIalsOptions> = {
  stages: ({ epochs }) =>
    Array.from({ length: epochs }, (_, at) => at + 1).flatMap((sweep) => [
      { name: nameOf('users', sweep), needs: sweep === 1 ? [] : [nameOf('items', sweep - 1)] },
      { name: nameOf('items', sweep), needs: [nameOf('users', sweep)], sweep },
    ]),
  made: (sweep) => [nameOf('users', sweep), nameOf('items', sweep)],
  memory({ nUsers, nItems, interactions, weighted, shards, threads }, { dim }) {
    const most = Math.max(nUsers, nItems);
    // The vectors of one side, a part of them while it is read, the own ones twice, the row starts, and the own interactions twice.
    const vectors = most * dim * 4 * (1 + 1 / shards) + (Math.ceil(most / shards) * dim * 4 + 64) * 2;
    return (
      vectors + (nUsers + nItems) * 4 + (interactions / shards) * (weighted ? 16 : 8) + dim * dim * 16 * (threads + 2)
    );
  },
  opened: ({ nUsers, nItems, shards }, { dim }) => (nUsers / shards + nItems) * dim * 4 * (1 + 1 / shards),
  async compute({ name }, shard, context, o, write) {
    const { kernels: k, train, step } = context;
    const [side, sweep] = [name.startsWith('users') ? 'users' : 'items', Number(name.split('-')[1])] as const;
    const ends = rangesOf(train.starts(side), context.shards);
    const [from, to] = [ends[shard]!, ends[shard + 1]!];
    const source = fixedVectors(side, sweep, context, o);
    const own = takeSide(k, train[side](from, to), o);
    const [base, target] = [fixedProduct(side, sweep, source, context, o), k.floats((to - from) * o.dim)];
    const product = k.floats(o.dim * o.dim);
    try {
      if (to > from) await solveSide(k, own, { source, base, target, dim: o.dim }, (share) => step(share, 1));
      addProduct(k, target, to - from, product, o);
      write({
        factors: { shape: [to - from, o.dim], data: target },
        product: { shape: [o.dim, o.dim], data: product },
      });
    } finally {
      freeSide(k, own);
      k.free(source, base, target, product);
    }
  },
  tables: (sweep, context, o) => tablesOf(sweep, context, o, (length) => new Float32Array(length)),
  open(sweep, users, own, context, o) {
    const { kernels: k, train } = context;
    const tables = tablesOf(sweep, context, o, (length) => k.floats(length), users);
    const size = (train.nUsers + train.nItems) * o.dim;
    return Promise.resolve(modelOfTables(k, tables, { nUsers: own.nUsers, nItems: train.nItems }, o, size));
  },
};

type Take = (length: number) => Floats;

const tablesOf = (sweep: number, context: ShardContext, o: ShardedIalsOptions, take: Take, users?: Range): Tables => ({
  userFactors: vectorsOf('users', sweep, context, o, take, users),
  itemFactors: vectorsOf('items', sweep, context, o, take),
  dim: o.dim,
});

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The vectors that a half-step reads: those of all rows of the other side. */
function fixedVectors(side: Side, sweep: number, context: ShardContext, o: ShardedIalsOptions): Floats {
  const take: Take = (length) => context.kernels.floats(length);
  if (side === 'items') return vectorsOf('users', sweep, context, o, take);
  if (sweep > 1) return vectorsOf('items', sweep - 1, context, o, take);
  return initialItems(context.kernels, context.train.nItems, context.seed, o);
}

/** Vectors of some rows of a side, from the parts that have some of them. Default: of all rows. */
function vectorsOf(
  side: Side,
  sweep: number,
  { train, shards, part }: ShardContext,
  { dim }: ShardedIalsOptions,
  take: Take,
  range?: Range,
): Floats {
  const ends = rangesOf(train.starts(side), shards);
  const { from, to } = range ?? { from: 0, to: ends[shards]! };
  const out = take((to - from) * dim);
  for (let shard = 0; shard < shards; shard++) {
    const [first, end] = [Math.max(from, ends[shard]!), Math.min(to, ends[shard + 1]!)];
    if (first >= end) continue;
    const { data } = part(nameOf(side, sweep), shard).factors!;
    out.set(data.subarray((first - ends[shard]!) * dim, (end - ends[shard]!) * dim), (first - from) * dim);
  }
  return out;
}

/** The sum of the products of the shards of the other side, in their order. */
function fixedProduct(
  side: Side,
  sweep: number,
  source: Floats,
  { kernels: k, train, shards, part }: ShardContext,
  o: ShardedIalsOptions,
): Floats {
  const sum = k.floats(o.dim * o.dim);
  const add = (product: ArrayLike<number>) => {
    for (let at = 0; at < sum.length; at++) sum[at]! += product[at]!;
  };
  const [other, before] = side === 'items' ? (['users', sweep] as const) : (['items', sweep - 1] as const);
  if (before > 0) {
    for (let shard = 0; shard < shards; shard++) add(part(nameOf(other, before), shard).product!.data);
    return sum;
  }
  const [ends, product] = [rangesOf(train.starts('items'), shards), k.floats(o.dim * o.dim)];
  for (let shard = 0; shard < shards; shard++) {
    const [from, to] = [ends[shard]!, ends[shard + 1]!];
    addProduct(k, source.subarray(from * o.dim, to * o.dim), to - from, product, o);
    add(product);
  }
  k.free(product);
  return sum;
}

/** out = w S'S of some vectors. */
function addProduct(
  k: Kernels,
  vectors: Floats,
  rows: number,
  out: Floats,
  { dim, unobservedWeight: alpha }: ShardedIalsOptions,
): void {
  if (rows === 0) out.fill(0);
  else k.gemm(vectors, vectors, out, dim, dim, rows, 'tn', { alpha });
}
