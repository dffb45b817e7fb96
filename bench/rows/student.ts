import { createKernels } from 'recdistill';
import { stream } from 'recdistill/math';
import { createStudent } from 'recdistill/student';
import type { BenchRow, PreparedCase } from '../_row.js';
import { sameRankings } from '../compare.js';
import { tensor } from '../tensors.js';

const CASES = {
  'items25k-dim20': { nItems: 25_000, dim: 20, queries: 400 },
  'items1m-dim20': { nItems: 1_000_000, dim: 20, queries: 40 },
} as const;
const TOP_K = 10;

/** The runtime of production, request by request; both sides use one thread, whatever --threads says. */
export const student: BenchRow<keyof typeof CASES> = {
  title: `the exact top ${TOP_K} for one user after the other by recdistill/student, on one thread`,
  goal: '0.05 ms a request at 25,000 items and dim 20, 1.5 ms at 1,000,000',
  cases: ['items25k-dim20', 'items1m-dim20'],
  prepare: (name) => prepare(CASES[name]),
};

function prepare({ nItems, dim, queries }: (typeof CASES)[keyof typeof CASES]): PreparedCase {
  const userFactors = normal(queries * dim, 'users');
  const factors = normal(nItems * dim, 'items');
  const served = createStudent({
    ...{ nUsers: queries, nItems, dim, userFactors: userFactors, itemFactors: factors },
    userIds: Array.from({ length: queries }, (_, u) => String(u)),
    itemIds: Array.from({ length: nItems }, (_, i) => String(i)),
  });
  served.warmUp();
  const lists = new Int32Array(queries * TOP_K);
  return {
    work: `${queries} requests, ${nItems} items, dim ${dim}, independent normal factors`,
    inputs: { users: tensor(userFactors, queries, dim), items: tensor(factors, nItems, dim) },
    ours: {
      run() {
        for (let u = 0; u < queries; u++) {
          for (const { itemId, rank } of served.recommend(String(u), { k: TOP_K }))
            lists[u * TOP_K + rank - 1] = Number(itemId);
        }
      },
      result: () => ({ lists: tensor(lists) }),
      close() {},
    },
    peers: [
      {
        name: 'faiss',
        script: 'student.py',
        about: 'IndexFlatIP of faiss-cpu, one query after the other',
        params: { topK: TOP_K },
      },
    ],
    compare(ours, peer) {
      const score = (row: number, item: number): number => {
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += userFactors[row * dim + d]! * factors[item * dim + d]!;
        return sum;
      };
      const none = new Int32Array();
      const mine = { lists: ours.lists!, depth: TOP_K, score, masked: () => none };
      return [sameRankings('lists', mine, peer.lists!, nItems, 1e-6)];
    },
  };
}

function normal(length: number, purpose: string): Float32Array {
  const k = createKernels({ threads: 1 });
  try {
    const values = k.floats(length);
    k.normal(values, stream(1, `bench ${purpose}`), 0, 1);
    return Float32Array.from(values);
  } finally {
    k.close();
  }
}
