import { createKernels } from 'recdistill';
import { type Interactions, itemsOf, packLists, union } from 'recdistill/data';
import { evaluateRankings } from 'recdistill/eval';
import { rankAll, type TrainableModel } from 'recdistill/models';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import type { BenchData } from '../data.js';
import { tensor } from '../tensors.js';
import { copied, freshModel } from './_model.js';
import { activeRows } from './_rows.js';

const DIMS = { dim6: 6, dim64: 64 } as const;
const DEPTHS = [10, 50] as const;

/** Full ranking of all items for every user with test items, then recall and NDCG at 10 and 50 with their means. */
export const evaluate: BenchRow<keyof typeof DIMS> = {
  title: 'recall and NDCG at 10 and 50 by full ranking of all items',
  goal: '>= 5x against vectorised PyTorch, >= 100x against a loop over users',
  cases: ['dim6', 'dim64'],
  prepare: (name, options) => prepare(DIMS[name], options),
};

function prepare(dim: number, { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'bpr-mf', { dim, initScale: 1 });
  informUsers(model, data, dim);
  const mask = union(data.train, data.valid);
  const judged = activeRows(data.test);
  const rowsOf = (x: Interactions) => packLists(Array.from(judged, (u) => itemsOf(x, u)));
  const [maskOfJudged, testOfJudged] = [rowsOf(mask), rowsOf(data.test)];
  const { userFactors, itemFactors } = model.factors!();
  const vectors = new Float32Array(judged.length * dim);
  judged.forEach((u, row) => {
    vectors.set(userFactors.subarray(u * dim, (u + 1) * dim), row * dim);
  });
  let perUser: Readonly<Record<string, Float64Array>> = {};
  return {
    work: `${judged.length} users x ${data.nItems} items, dim ${dim}, train and valid items left out`,
    inputs: {
      users: tensor(vectors, judged.length, dim),
      items: copied(itemFactors, data.nItems, dim),
      maskIndptr: tensor(maskOfJudged.indptr),
      maskIndices: tensor(maskOfJudged.indices),
      testIndptr: tensor(testOfJudged.indptr),
      testIndices: tensor(testOfJudged.indices),
    },
    ours: {
      async run() {
        const rankings = await rankAll(k, model, mask, Math.max(...DEPTHS), { users: judged });
        perUser = evaluateRankings(rankings, data.test, { metrics: ['recall', 'ndcg'], topK: DEPTHS }).perUser;
      },
      result: () => valuesOf(perUser, judged.length),
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script: 'evaluate.py',
        about: 'batches of users: matrix product, torch.topk, hits gathered from a boolean matrix',
        params: { form: 'vectorised', depths: DEPTHS, batch: 1024 },
      },
      {
        name: 'torch-per-user',
        script: 'evaluate.py',
        about: 'a loop over users: scores and torch.topk of one user, metrics in Python',
        params: { form: 'per-user', depths: DEPTHS },
      },
    ],
    compare: (ours, peer) => [
      near('mean recall and NDCG', meansOf(ours.values!.data), meansOf(peer.values!.data), 1e-4),
      // Two items whose scores are equal in float32 may change places.
      mostlyNear('values of each user', ours.values!, peer.values!, 1e-5, 0.001),
    ],
  };
}

/** Moves each user towards the user's own items, so that there are hits to count. */
function informUsers(model: TrainableModel, data: BenchData, dim: number): void {
  const { userFactors, itemFactors } = model.factors!();
  for (const part of [data.train, data.test]) {
    for (let u = 0; u < data.nUsers; u++) {
      for (const i of itemsOf(part, u)) {
        for (let d = 0; d < dim; d++) userFactors[u * dim + d]! += 0.5 * itemFactors[i * dim + d]!;
      }
    }
  }
}

const KEYS = DEPTHS.flatMap((depth) => [`recall@${depth}`, `ndcg@${depth}`]);

function valuesOf(perUser: Readonly<Record<string, Float64Array>>, nUsers: number) {
  const values = new Float32Array(nUsers * KEYS.length);
  KEYS.forEach((key, column) => {
    for (let row = 0; row < nUsers; row++) values[row * KEYS.length + column] = perUser[key]![row]!;
  });
  return { values: tensor(values, nUsers, KEYS.length) };
}

function meansOf(values: Float32Array | Int32Array) {
  const sums = new Float64Array(KEYS.length);
  values.forEach((value, at) => {
    sums[at % KEYS.length]! += value;
  });
  return tensor(Float32Array.from(sums, (sum) => (sum * KEYS.length) / values.length));
}
