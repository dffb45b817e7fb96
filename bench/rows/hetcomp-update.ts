import { createKernels, methods } from 'recdistill';
import type { DistillContext } from 'recdistill/distill';
import { stream, uniform } from 'recdistill/math';
import { rankAll } from 'recdistill/models';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { check } from '../compare.js';
import type { BenchData } from '../data.js';
import { tensor } from '../tensors.js';
import { freshModel, parametersOf } from './_model.js';

const TEACHERS = 6;
const CHECKPOINTS = 4;
const LISTED = 100;
const K = 50;
const DIMS = { dim6: 6 } as const;

/** One construction of HetComp's knowledge from a saved state: both rankings and lists of all users. */
export const hetcompUpdate: BenchRow<keyof typeof DIMS> = {
  title: "HetComp's knowledge: rank the student, choose checkpoints of six teachers for each user, fuse their lists",
  goal: '>= 50x against a loop over users',
  cases: ['dim6'],
  prepare: (name, options) => prepare(DIMS[name], options),
};

async function prepare(dim: number, { data, threads }: PrepareOptions): Promise<PreparedCase> {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'bpr-mf', { dim, initScale: 1 });
  const lists = await madeUpLists(k, data);
  const spec = methods.hetcomp;
  let distances: readonly number[] = [];
  const context: DistillContext = {
    ...{ kernels: k, student: model, train: data.train, batchSize: 1024, batchesPerEpoch: 77, seed: 1 },
    teachers: Array.from({ length: TEACHERS }, (_, x) => ({
      ...{ teacher: `teacher ${x + 1}`, dataFingerprint: '' },
      checkpoints: lists.slice(x * CHECKPOINTS, (x + 1) * CHECKPOINTS).map((items, v) => ({
        ...{ epoch: v + 1, metrics: {} },
        rankings: { nUsers: data.nUsers, nItems: data.nItems, depth: LISTED, items },
      })),
    })),
    rankStudent: (depth) => rankAll(k, model, data.train, depth),
    report(_, { teachers }) {
      distances = (teachers as { distance: number }[]).map((t) => t.distance);
    },
  };
  const method = await spec.create(context, spec.options.parse({ observedK: 0 }));
  // Half of the pairs have come nearer since the last construction, so that half of them move on.
  const size = data.nUsers * TEACHERS;
  const key = stream(1, 'benchmark distances');
  const distance = Float64Array.from({ length: size }, (_, n) => Math.fround(0.8 + 0.4 * uniform(key, n, 0)));
  const state = { started: true, selected: new Array<number>(size).fill(0), distance: [...distance] };
  let selected: readonly number[] = [];
  const params = { teachers: TEACHERS, checkpoints: CHECKPOINTS, listed: LISTED, k: K, threshold: 1.05 * 0.995 };
  return {
    work: `${data.nUsers} users x ${data.nItems} items, dim ${dim}, ${TEACHERS} teachers of ${CHECKPOINTS} checkpoints, ${LISTED} items each; from a saved state, so that lists are fused twice`,
    inputs: {
      ...parametersOf(model),
      lists: tensor(Int32Array.from(lists.flatMap((l) => [...l])), TEACHERS * CHECKPOINTS, data.nUsers, LISTED),
      distance: tensor(Float32Array.from(distance), data.nUsers, TEACHERS),
      trainIndptr: tensor(data.train.indptr),
      trainIndices: tensor(data.train.indices),
    },
    ours: {
      async run() {
        method.load!(state);
        await method.afterEpoch!(10);
        selected = (method.save!() as typeof state).selected;
      },
      result: () => ({
        selected: tensor(Int32Array.from(selected)),
        distances: tensor(Float32Array.from(distances)),
      }),
      close() {
        method.close();
        k.close();
      },
    },
    peers: [
      {
        name: 'torch-per-user',
        script: 'hetcomp-update.py',
        about: 'a loop over users: sets of items for the distances, a row of all items for the fused list',
        params,
      },
    ],
    compare(ours, peer) {
      const [mine, other] = [Int32Array.from(ours.selected!.data), peer.selected!.data];
      const differing = mine.filter((v, at) => v !== other[at]).length / mine.length;
      const apart = Array.from(ours.distances!.data, (d, x) => Math.abs(d - peer.distances!.data[x]!));
      return [
        // Equal scores in float32 may change places in the student's list.
        check(
          'selected checkpoints',
          mine.length === other.length ? differing : Number.NaN,
          0.001,
          'of the pairs differ',
        ),
        check('mean distances', Math.max(...apart), 1e-4, ''),
      ];
    },
  };
}

/** Rankings of random factors for each teacher and checkpoint; those of a teacher are near each other. */
async function madeUpLists(k: ReturnType<typeof createKernels>, data: BenchData): Promise<Int32Array[]> {
  const model = freshModel(k, data, 'bpr-mf', { dim: 6, initScale: 1 });
  const [userFactors] = model.parameters.map((p) => p.values);
  const found: Int32Array[] = [];
  for (let x = 0; x < TEACHERS; x++) {
    const key = stream(x, 'benchmark teacher');
    for (let v = 0; v < CHECKPOINTS; v++) {
      for (let n = 0; n < userFactors!.length; n++) userFactors![n]! += 0.5 * (uniform(key, n, v) - 0.5);
      found.push((await rankAll(k, model, data.train, LISTED)).items.slice());
    }
  }
  model.close();
  return found;
}
