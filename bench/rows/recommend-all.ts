import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createKernels } from 'recdistill';
import { writeBundle } from 'recdistill/bundle';
import { prepareRecommendations, runRecommendations } from 'recdistill/experiment';
import { stream } from 'recdistill/math';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { sameRankings } from '../compare.js';
import { tensor } from '../tensors.js';

const CASES = {
  'users20k-items200k-dim16': { nUsers: 20_000, nItems: 200_000, dim: 16 },
  'users1m-items200k-dim16': { nUsers: 1_000_000, nItems: 200_000, dim: 16 },
} as const;
const K = 100;
/** Users whose lists are compared. */
const COMPARED = 500;

/** From the bundle on disk to Parquet files on disk, with ids as text, ranks, scores and checksums. */
export const recommendAll: BenchRow<keyof typeof CASES> = {
  title: `the exact top ${K} of all users to Parquet: recommend --all`,
  goal: '1 M users x 200 K items, dim 16, within 2 GB',
  cases: ['users20k-items200k-dim16', 'users1m-items200k-dim16'],
  prepare: (name, options) => prepare(CASES[name], options),
};

function prepare(
  { nUsers, nItems, dim }: (typeof CASES)[keyof typeof CASES],
  { threads }: PrepareOptions,
): PreparedCase {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-bench-'));
  const kernels = createKernels({ threads });
  const normal = (length: number, purpose: string): Float32Array => {
    const values = kernels.floats(length);
    kernels.normal(values, stream(1, `bench ${purpose}`), 0, 1);
    const copy = Float32Array.from(values);
    kernels.free(values);
    return copy;
  };
  const [userFactors, itemFactors] = [normal(nUsers * dim, 'users'), normal(nItems * dim, 'items')];
  const ids = (n: number): string[] => Array.from({ length: n }, (_, at) => String(at));
  const bundle = join(folder, 'bundle');
  writeBundle(
    bundle,
    { nUsers, nItems, dim, userFactors, itemFactors, userIds: ids(nUsers), itemIds: ids(nItems) },
    {
      ...{ dataFingerprint: '0'.repeat(64), licence: '', metrics: {} },
      madeBy: {
        program: 'recdistill',
        version: 'bench',
        data: 'normal',
        model: 'bpr-mf',
        method: 'none',
        teachers: [],
      },
    },
  );
  const out = join(folder, 'lists');
  const none = async () => {
    throw new Error('not needed');
  };
  const compared = Math.min(COMPARED, nUsers);
  let lists = new Int32Array(0);
  const run = async (): Promise<void> => {
    if (existsSync(out)) rmSync(out, { recursive: true });
    const request = { from: bundle, store: join(folder, 'store'), out, k: K, format: 'parquet' as const };
    const how = { includeSeen: true, scores: true, histories: none, dataset: none };
    await runRecommendations(await prepareRecommendations({ ...request, ...how }, 1, kernels), { kernels });
    lists = new Int32Array(0);
  };
  return {
    work: `${nUsers} users, ${nItems} items, dim ${dim}, lists of ${K}, independent normal factors; user, item, rank and score to Parquet`,
    inputs: { users: tensor(userFactors, nUsers, dim), items: tensor(itemFactors, nItems, dim) },
    ours: {
      run,
      result() {
        return { lists: tensor(lists) };
      },
      close() {
        kernels.close();
        rmSync(folder, { recursive: true });
      },
      async first() {
        await run();
        const connection = await (await DuckDBInstance.create()).connect();
        const file = join(
          out,
          readdirSync(out)
            .sort()
            .find((name) => name.endsWith('.parquet'))!,
        );
        const rows = await connection.runAndReadAll(
          `SELECT item::INTEGER FROM read_parquet('${file}') WHERE "user"::INTEGER < ${compared} ORDER BY "user"::INTEGER, rank`,
        );
        lists = Int32Array.from(rows.getRows(), ([item]) => Number(item));
        connection.closeSync();
      },
    },
    peers: [
      {
        name: 'faiss',
        script: 'recommend-all.py',
        about:
          'IndexFlatIP of faiss-cpu in batches of 4096 users, written by pyarrow with ids as text, if there is pyarrow',
        params: { topK: K, batch: 4096, compared },
      },
    ],
    compare(ours, peer) {
      const score = (row: number, item: number): number => {
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += userFactors[row * dim + d]! * itemFactors[item * dim + d]!;
        return sum;
      };
      const mine = { lists: ours.lists!, depth: K, score, masked: () => new Int32Array() };
      return [sameRankings('lists', mine, peer.lists!, nItems, 1e-5)];
    },
  };
}
