import {
  type BdLearner,
  bdOptions,
  createBd,
  createKernels,
  type Interactions,
  type Kernels,
  type OptimizerOptions,
  optimizerNamed,
  parseOptions,
  placeInRow,
  type TrainableModel,
} from 'recdistill';
import type { BenchRow, PeerForm, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { type Tensors, tensor } from '../tensors.js';
import { copied, freshModel } from './_model.js';
import { type DrawnEpoch, drawnEpoch } from './_pairs.js';

const DIMS = { teacher: 50, student: 5 } as const;
const BATCH = 128;
const STEP = { learningRate: 0.001, l2: 0 };
const BD = parseOptions(bdOptions, {}, 'bd');

const script = 'bd-epoch.py';
const params = {
  ...{ batchSize: BATCH, learningRate: STEP.learningRate, update: BD.update },
  ...{ teacherLambda: BD.teacherLambda, studentLambda: BD.studentLambda },
  ...{ teacherTemperature: BD.teacherTemperature, studentTemperature: BD.studentTemperature },
  ...{ epsilon: BD.epsilon, epsilonTanh: BD.epsilonTanh },
};

// SparseAdam adds epsilon before the bias correction, ours behind it: so small, it makes no difference where it stands.
const TINY = { epsilon: 1e-15 };

interface Case {
  readonly optimizer: string;
  readonly options: OptimizerOptions;
  readonly peers: readonly PeerForm[];
}

const CASES: Readonly<Record<string, Case>> = {
  'dim50-5-adam': {
    optimizer: 'adam',
    options: STEP,
    peers: [
      {
        ...{ name: 'torch', script, params: { ...params, adam: 'plain', draws: 'epoch' } },
        about: 'weights kept as user x item matrices and drawn from in every epoch, torch.optim.Adam as it comes',
      },
      {
        ...{ name: 'torch-period', script, params: { ...params, adam: 'fused', draws: 'period' } },
        about: 'all that a period needs drawn when the ranks are looked at, weights then forgotten, Adam(fused=True)',
      },
    ],
  },
  'dim50-5-lazy-adam': {
    optimizer: 'lazy-adam',
    options: { ...STEP, ...TINY },
    peers: [
      {
        ...{
          name: 'torch-sparse',
          script,
          params: { ...params, adamEpsilon: TINY.epsilon, adam: 'sparse', draws: 'period' },
        },
        about: 'as torch-period with sparse gradients and torch.optim.SparseAdam',
      },
    ],
  },
};

/**
 * Base losses, losses on each other's scores and steps of both models over all train interactions once, and a tenth of what is done every ten
 * epochs: a tenth of the users is ranked by both models and drawn for. What is trained on is drawn beforehand and given to both sides.
 */
export const bdEpoch: BenchRow = {
  title: 'one epoch of bidirectional distillation between two matrix factorisations',
  cases: Object.keys(CASES),
  prepare: (name, options) => prepare(CASES[name]!, options),
};

function prepare({ optimizer, options, peers }: Case, { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const models = [DIMS.teacher, DIMS.student].map((dim) =>
    freshModel(k, data, 'bpr-mf', { dim, batchSize: BATCH, initScale: 0.1 }),
  ) as [TrainableModel, TrainableModel];
  const optimizers = models.map((model) => optimizerNamed(optimizer).create(k, model.parameters, options));
  const drawn = drawnEpoch(k, data);
  const method = bdOf(k, data.train, models);
  method.beforeEpoch!(1);
  const tenth = tenthOf(data.train);
  const look = bdOf(k, tenth, models);
  const losses = new Float32Array(2);
  return {
    work: `${drawn.size} triples in batches of ${BATCH}, dims ${DIMS.teacher} and ${DIMS.student}, ${optimizer}, and a tenth of ${data.users} users ranked among ${data.items} items and drawn for`,
    inputs: {
      ...drawn.inputs,
      ...tablesOf(models),
      ...drawnItems(data.train, drawn, method.tables!.map((t) => t.values) as Int32Array[]),
      ...{ trainIndptr: tensor(data.train.indptr), trainItems: tensor(data.train.indices) },
    },
    ours: {
      run() {
        look.beforeEpoch!(1);
        losses.fill(0);
        for (const batch of drawn.batches(BATCH)) {
          models.forEach((model, at) => {
            losses[at]! += model.accumulate(batch) + method.accumulate!(batch, at);
          });
          for (const o of optimizers) o.step();
        }
      },
      result: () => ({ losses: tensor(losses.slice()), ...tablesOf(models) }),
      close: () => k.close(),
    },
    peers,
    // Adam divides a gradient by its own size. What one learns from the other is often a difference of nearly equal numbers, so that a few steps
    // are rounding alone; all others agree to float32.
    compare: (ours, peer) => [
      near('losses of the epoch', ours.losses!, peer.losses!, 1e-5),
      ...Object.keys(tablesOf(models)).map((name) => mostlyNear(name, ours[name]!, peer[name]!, 1e-5, 1e-4)),
    ],
  };
}

function bdOf(kernels: Kernels, train: Interactions, models: readonly [TrainableModel, TrainableModel]) {
  const [teacher, student] = models.map((model): BdLearner => ({ model, batchSize: BATCH, negatives: 1 }));
  return createBd({ kernels, train, teacher: teacher!, student: student!, tell() {} }, BD);
}

/** The interactions of every tenth user alone. */
function tenthOf({ users, items, indptr, indices }: Interactions): Interactions {
  const own = Array.from({ length: users }, (_, u) => (u % 10 === 0 ? indices.subarray(indptr[u], indptr[u + 1]) : []));
  const starts = new Int32Array(users + 1);
  own.forEach((list, u) => {
    starts[u + 1] = starts[u]! + list.length;
  });
  return { users, items, indptr: starts, indices: Int32Array.from(own.flatMap((list) => [...list])) };
}

const tablesOf = (models: readonly TrainableModel[]): Tensors =>
  Object.fromEntries(
    models.flatMap((model, at) =>
      model.parameters.map((p) => [`${at === 0 ? 'teacher' : 'student'}.${p.name}`, copied(p.values, ...p.shape)]),
    ),
  );

/** What either learns in the first epoch, in the order of the triples; -1 = nothing. */
function drawnItems(train: Interactions, { inputs }: DrawnEpoch, tables: readonly Int32Array[]): Tensors {
  const [users, positives] = [inputs.userIds!.data, inputs.positives!.data];
  const places = Int32Array.from(users, (u, e) => placeInRow(train, u, positives[e]!));
  const [teacher, student] = tables.map((items) => tensor(places.map((place) => items[place]!)));
  return { drawnForTeacher: teacher!, drawnForStudent: student! };
}
