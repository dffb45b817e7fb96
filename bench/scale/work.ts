/** The works whose growth is measured. Each makes its own data and says how long a whole unit of it takes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { createKernels, type Kernels } from 'recdistill';
import { type Interactions, loadDataset, type Rankings } from 'recdistill/data';
import { methodOf, type TeacherKnowledge } from 'recdistill/distill';
import { evaluateRankings } from 'recdistill/eval';
import { modelOf, rankAll, type TrainableModel, trainOptionsOf } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import { type Hooks, runLoop } from 'recdistill/train';
import { madeUp, type Size, xorshift } from './made.js';

export interface Measured {
  /** Seconds of a whole unit; measured for a share of it if `share` is below 1, and then divided by it. */
  readonly seconds: number;
  /** The same in processor time of all threads, which other programs on the machine disturb less. */
  readonly processorSeconds: number;
  readonly share: number;
}

export interface Work {
  /** What a unit is. */
  readonly unit: string;
  /** @param budget seconds after which an epoch is cut off */
  run(size: Size, threads: number, budget: number): Promise<Measured>;
}

/** @returns what was measured since the call, for a share of the unit */
function startClock(): (share?: number) => Measured {
  const [began, used] = [performance.now(), process.cpuUsage()];
  return (share = 1) => {
    const { user, system } = process.cpuUsage(used);
    const seconds = (performance.now() - began) / 1000;
    return { seconds: seconds / share, processorSeconds: (user + system) / 1e6 / share, share };
  };
}

async function timed(work: () => Promise<unknown>): Promise<Measured> {
  const clock = startClock();
  await work();
  return clock();
}

class OutOfTime extends Error {}

interface Epoch extends Measured {
  /** Of a batch after the first one. */
  readonly perBatch: Pick<Measured, 'seconds' | 'processorSeconds'>;
  /** Processor seconds until the first batch is done: the interactions of an epoch are shuffled before it. */
  readonly begin: number;
}

/** Batches that are timed at least. */
const LEAST = 3;

/** One epoch of a model, or as many of its batches as fit into the budget; their mean then stands for the others. */
async function epochOf(
  name: string,
  options: Readonly<Record<string, unknown>>,
  size: Size,
  threads: number,
  budget: number,
  hooks?: (k: Kernels, model: TrainableModel, train: Interactions, batches: number) => Hooks | Promise<Hooks>,
): Promise<Epoch> {
  const train = madeUp(size);
  const kernels = createKernels({ threads });
  const spec = modelOf(name);
  if (spec.kind !== 'trained') throw new TypeError(`${name} is not trained`);
  const all = parseOptions(spec.options, { epochs: 1, ...options }, name);
  const model = spec.create({ kernels, train, seed: 1 }, all);
  let [clock, done, steps] = [startClock(), 0, 0];
  let first: Measured | undefined;
  const look = (number: number, of: number): Promise<void> => {
    [done, steps] = [number, of];
    if (number === 1) {
      first = clock();
      clock = startClock();
    } else if (number > LEAST && clock().seconds > budget) throw new OutOfTime();
    return Promise.resolve();
  };
  const outcome = (): Epoch => {
    const [begin, rest] = [first!, clock()];
    const whole = (of: 'seconds' | 'processorSeconds') => begin[of] + (rest[of] / (done - 1)) * (steps - 1);
    const perBatch = { seconds: rest.seconds / (done - 1), processorSeconds: rest.processorSeconds / (done - 1) };
    return {
      ...{ seconds: whole('seconds'), processorSeconds: whole('processorSeconds'), share: done / steps },
      ...{ perBatch, begin: begin.processorSeconds },
    };
  };
  try {
    await runLoop({
      ...{ kernels, train, model, options: trainOptionsOf(all) },
      progress: {
        task:
          () =>
          (number = 0, of = 1) =>
            look(number, of),
      } as never,
      validate: () => ({ value: 0, metrics: {} }),
      hooks: async (batches: number) => {
        const own: Hooks = hooks ? await hooks(kernels, model, train, batches) : { base: 'kept' };
        const beforeEpoch = async (epoch: number): Promise<void> => {
          clock = startClock();
          await own.beforeEpoch?.(epoch);
        };
        return { ...own, beforeEpoch };
      },
    });
    done = steps;
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
  return outcome();
}

/** Lists of different random items. */
function madeUpRankings({ nUsers, nItems }: Size, depth: number, seed: number): Rankings {
  const items = new Int32Array(nUsers * depth);
  const random = xorshift(seed);
  for (let u = 0; u < nUsers; u++) {
    const start = Math.floor(nItems * random());
    for (let r = 0; r < depth; r++) items[u * depth + r] = (start + r * 37) % nItems;
  }
  return { nUsers, nItems, depth, items };
}

const DEPTH = 100;
const EVALUATED = 20_000;

const teacherOf = (size: Size, seed: number): TeacherKnowledge => ({
  teacher: `t${seed}`,
  dataFingerprint: '',
  checkpoints: [1, 2].map((epoch) => ({ epoch, metrics: {}, rankings: madeUpRankings(size, DEPTH, seed + epoch) })),
});

async function withDuckdb<T>(memory: number, folder: string, use: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...{ threads: '2', memory_limit: `${memory}MB`, temp_directory: join(folder, 'spilled') },
  });
  const db = await instance.connect();
  try {
    return await use(db);
  } finally {
    db.closeSync();
    instance.closeSync();
  }
}

/** Calls `use` with a CSV file of rows with repeated pairs, in random order. */
async function withRows(
  { nUsers, nItems, interactions }: Size,
  use: (path: string, folder: string) => Promise<unknown>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-scale-'));
  try {
    const path = join(folder, 'rows.csv');
    await withDuckdb(400, folder, async (db) => {
      await db.run('SET preserve_insertion_order = false');
      await db.run(
        `COPY (SELECT hash(k * 2 + 1) % ${nUsers} AS "user", floor(${nItems} * pow((hash(k * 3 + 7) % 1000003) / 1000003.0, 2))::BIGINT AS item ` +
          `FROM range(${interactions}) r(k)) TO '${path}' (HEADER)`,
      );
    });
    return await timed(() => use(path, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const works: Readonly<Record<string, Work>> = {
  load: {
    unit: 'synthetic data: made, filtered and split',
    run: ({ nUsers, nItems, interactions }) =>
      timed(() => loadDataset({ data: `synthetic:${nUsers}x${nItems}x${interactions}` })),
  },
  read: {
    unit: 'a CSV file of user and item: read, filtered and split',
    run: (size) => withRows(size, (path) => loadDataset({ data: path })),
  },
  'read by DuckDB': {
    unit: 'the same file with nothing but DuckDB: different rows, sorted by user and item, to Parquet',
    run: (size) =>
      withRows(size, (path, folder) =>
        withDuckdb(512, folder, (db) =>
          db.run(
            `COPY (SELECT DISTINCT "user", item FROM '${path}' ORDER BY ALL) TO '${join(folder, 'rows.parquet')}'`,
          ),
        ),
      ),
  },
  'bpr-mf': {
    unit: 'an epoch of bpr-mf, dim 64, batches of 8192, lazy-adam',
    run: (...o) => epochOf('bpr-mf', { dim: 64, batchSize: 8192, optimizer: 'lazy-adam' }, ...o),
  },
  ials: {
    unit: 'an alternation of ials, dim 64',
    async run(size, threads) {
      const train = madeUp(size);
      const kernels = createKernels({ threads });
      const spec = modelOf('ials');
      const options = parseOptions(spec.options, { dim: 64, epochs: 1 }, 'ials');
      return timed(async () => spec.create({ kernels, train, seed: 1 }, options));
    },
  },
  lightgcn: {
    unit: 'a training step of lightgcn, dim 64, 3 layers, 8192 interactions',
    async run(size, threads, budget) {
      const { perBatch, share } = await epochOf('lightgcn', { dim: 64, batchSize: 8192 }, size, threads, budget);
      return { ...perBatch, share: share * Math.ceil(size.interactions / 8192) };
    },
  },
  'mult-vae': {
    unit: 'an epoch of mult-vae, hidden 200, dim 64, batches of 500 users',
    run: (...o) => epochOf('mult-vae', { hidden: 200, dim: 64, batchSize: 500 }, ...o),
  },
  hetcomp: {
    unit: 'an epoch of HetComp with remainder 100: bpr-mf with dim 16 as student, two teachers with two checkpoints of 100 items',
    run: (size, threads, budget) =>
      epochOf(
        'bpr-mf',
        { dim: 16, batchSize: 8192, optimizer: 'lazy-adam' },
        ...([size, threads, budget] as const),
        (kernels, student, train, batchesPerEpoch) => {
          const method = methodOf('hetcomp');
          if (!('create' in method)) throw new TypeError('hetcomp teaches one student');
          const context = {
            ...{ kernels, student, train, batchesPerEpoch, batchSize: 8192, seed: 1 },
            teachers: [teacherOf(size, 1), teacherOf(size, 10)],
            rankStudent: () => Promise.reject(new Error('no construction within the first epoch')),
            report: () => undefined,
          };
          return method.create(
            context as never,
            parseOptions(method.options, { remainder: 100 }, 'hetcomp') as never,
          ) as Promise<Hooks>;
        },
      ),
  },
  evaluate: {
    unit: `the ranking of ${EVALUATED} users, dim 64, and recall and NDCG at 10 and 50`,
    async run(size, threads) {
      const train = madeUp(size);
      const kernels = createKernels({ threads });
      const spec = modelOf('bpr-mf');
      if (spec.kind !== 'trained') throw new TypeError('bpr-mf is trained');
      const model = spec.create({ kernels, train, seed: 1 }, parseOptions(spec.options, { dim: 64 }, 'bpr-mf'));
      const step = Math.floor(size.nUsers / EVALUATED);
      const users = Int32Array.from({ length: EVALUATED }, (_, at) => at * step);
      return timed(async () => {
        const rankings = await rankAll(kernels, model, train, 50, { users });
        evaluateRankings(rankings, train, { metrics: ['recall', 'ndcg'], topK: [10, 50] });
      });
    },
  },
};
