/** The batches of an epoch. They depend only on the seed and the epoch, so a resumed run sees the same batches. */

import { type Interactions, transpose } from '../data/interactions.js';
import { freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { shuffle, stream, uniform } from '../math/random.js';
import type { Batch } from '../models/_model.js';
import type { TrainOptions } from '../models/options.js';
import { brokenUnit } from '../options/registry.js';
import { samplerOf, samplerRegistry } from '../samplers/index.js';
import { drawByWeight } from './draw-by-weight.js';

export interface Batches {
  readonly perEpoch: number;
  epoch(epoch: number): Iterable<Batch>;
  close(): void;
}

/** Places of swaps that are drawn at a time: enough for some threads. */
const SWAPS = 32_768;

export type BatchOptions = Pick<TrainOptions, 'batchSize' | 'seed' | 'negatives' | 'sampler'>;

export function createBatches(k: Kernels, train: Interactions, kind: Batch['kind'], o: BatchOptions): Batches {
  if (kind === 'pairs') return pairBatches(k, train, o);
  if (kind === 'rows') return rowBatches(k, train, o, (users, rest) => ({ kind: 'rows', users, ...rest }));
  return rowBatches(k, transpose(train), o, (items, rest) => ({ kind: 'items', items, ...rest }));
}

/**
 * As many train interactions as there are, in random order, each with its sampled negatives. Every interaction occurs once or, with
 * interaction weights, as often as `drawByWeight` determines.
 */
function pairBatches(k: Kernels, train: Interactions, o: BatchOptions): Batches {
  const { seed, negatives: perPositive = 1 } = o;
  const total = train.indices.length;
  const size = Math.min(o.batchSize, total);
  const rows = takeRows(k, { columns: train.nItems, indptr: train.indptr, indices: train.indices });
  const { avoided } = train;
  const avoidRows = avoided && takeRows(k, { columns: train.nItems, indptr: avoided.indptr, indices: avoided.indices });
  const spec = samplerOf(o.sampler ?? 'uniform');
  const sampler = spec.create(k, train, rows, avoidRows ?? rows);
  const isAdded = samplerRegistry.isAdded(spec);
  const [users, positives] = [k.ints(size), k.ints(size)];
  // The user of each negative. With one negative per interaction, these are the users of the batch.
  const against = perPositive === 1 ? users : k.ints(size * perPositive);
  const negatives = k.ints(size * perPositive);
  const orderKey = stream(seed, 'batches order');
  const negativeKey = stream(seed, 'batches negatives');
  const owner = new Int32Array(total);
  for (let u = 0; u < train.nUsers; u++) owner.fill(u, train.indptr[u]!, train.indptr[u + 1]!);
  const drawKey = stream(seed, 'batches weights');
  const order = new Int32Array(total);
  const drawn = k.ints(Math.min(SWAPS, total));
  return {
    perEpoch: Math.ceil(total / size),
    *epoch(epoch) {
      if (train.weights) drawByWeight(train.weights, uniform(drawKey, epoch, 0), order);
      else for (let e = 0; e < total; e++) order[e] = e;
      shuffle(order, orderKey, epoch, k.places, drawn);
      for (let start = 0, index = 0; start < total; start += size, index++) {
        const n = Math.min(size, total - start);
        for (let b = 0; b < n; b++) {
          users[b] = owner[order[start + b]!]!;
          positives[b] = train.indices[order[start + b]!]!;
          if (perPositive > 1) against.fill(users[b]!, b * perPositive, (b + 1) * perPositive);
        }
        sampler.draw(negatives.subarray(0, n * perPositive), against, negativeKey, epoch, start * perPositive);
        // A kernel would read and write beyond its tables.
        if (isAdded) expectItems(spec.name, negatives.subarray(0, n * perPositive), train.nItems);
        yield { kind: 'pairs', size: n, users, positives, negatives, perPositive, epoch, index };
      }
    },
    close() {
      sampler.close();
      freeRows(k, rows);
      if (avoidRows) freeRows(k, avoidRows);
      k.free(users, positives, negatives, drawn, ...(perPositive > 1 ? [against] : []));
    },
  };
}

/** @throws RecdistillError `broken-unit` */
function expectItems(sampler: string, items: Int32Array, nItems: number): void {
  const wrong = items.find((item) => item < 0 || item >= nItems);
  if (wrong !== undefined) brokenUnit('sampler', sampler, `draw wrote the item ${wrong}; expected 0 to ${nItems - 1}`);
}

type OfRow = (ids: Int32Array, rest: { size: number; epoch: number; index: number }) => Batch;

/** Every non-empty row of `graph` once, in random order. */
function rowBatches(k: Kernels, graph: Interactions, o: BatchOptions, batchOf: OfRow): Batches {
  const active = Int32Array.from({ length: graph.nUsers }, (_, u) => u).filter(
    (u) => graph.indptr[u + 1]! > graph.indptr[u]!,
  );
  const size = Math.max(1, Math.min(o.batchSize, active.length));
  const ids = k.ints(size);
  const key = stream(o.seed, 'batches order');
  return {
    perEpoch: Math.ceil(active.length / size),
    *epoch(epoch) {
      const order = active.slice();
      shuffle(order, key, epoch);
      for (let start = 0, index = 0; start < order.length; start += size, index++) {
        const part = order.subarray(start, start + size);
        ids.set(part);
        yield batchOf(ids, { size: part.length, epoch, index });
      }
    },
    close: () => k.free(ids),
  };
}

/** A batch of one of several models. */
export interface OwnBatch {
  readonly learner: number;
  readonly batch: Batch;
}

/** The batches of an epoch for several models. A model with fewer batches skips some steps, evenly over the epoch. */
export function* inStep(all: readonly Batches[], epoch: number): Iterable<readonly OwnBatch[]> {
  const left = all.map((batches) => batches.epoch(epoch)[Symbol.iterator]());
  const steps = Math.max(...all.map((batches) => batches.perEpoch));
  for (let step = 0; step < steps; step++) {
    const due = all.flatMap(({ perEpoch }, learner) => {
      const before = Math.floor((step * perEpoch) / steps);
      return Math.floor(((step + 1) * perEpoch) / steps) > before ? [learner] : [];
    });
    yield due.map((learner) => ({ learner, batch: left[learner]!.next().value as Batch }));
  }
}
