import { createKernels, type Kernels } from 'recdistill';
import { type Interactions, packLists, placeInRow } from 'recdistill/data';
import { bdOptions, type CoLearner, createBd } from 'recdistill/distill';
import { type OptimizerOptions, optimizerOf, type TrainableModel } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import type { BenchRow, PeerForm, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { type Tensors, tensor } from '../tensors.js';
import { copied, freshModel } from './_model.js';
import { drawnEpoch } from './_pairs.js';

const DIMS = { teacher: 50, student: 5 } as const;
const BATCH = 128;
const STEP = { learningRate: 0.001, l2: 0 };
const BD = parseOptions(bdOptions, {}, 'bd');

const script = 'bd-epoch.py';
const params = {
  ...{ batchSize: BATCH, learningRate: STEP.learningRate, update: BD.update },
  ...{ teacherLambda: BD.teacherLambda, studentLambda: BD.studentLambda },
  ...{ teacherTemperature: BD.teacherTemperature, studentTemperature: BD.studentTemperature },
  ...{ epsilon: BD.epsilon, epsilonTanh: BD.epsilonTanh, share: 1 },
};

// SparseAdam adds epsilon before the bias correction, ours behind it: so small, it makes no difference where it stands.
const TINY = { epsilon: 1e-15 };
const SPARSE = { adam: 'sparse', adamEpsilon: TINY.epsilon };
const SHARE = 20;

interface Case {
  readonly optimizer: string;
  readonly options: OptimizerOptions;
  /** 1 / share of an epoch is trained, with that much of the look at the ranks. */
  readonly share: number;
  readonly peers: readonly PeerForm[];
}

const CASES: Readonly<Record<string, Case>> = {
  'dim50-5-adam': {
    optimizer: 'adam',
    options: STEP,
    share: 1,
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
    share: 1,
    peers: [
      {
        ...{ name: 'torch-sparse', script, params: { ...params, ...SPARSE, draws: 'period' } },
        about: 'as torch-period with sparse gradients and torch.optim.SparseAdam',
      },
    ],
  },
  // What one writes first, and a whole epoch of that takes minutes.
  'dim50-5-adam-twentieth': {
    optimizer: 'adam',
    options: STEP,
    share: SHARE,
    peers: [
      {
        ...{ name: 'torch-batch', script, params: { ...params, adam: 'plain', draws: 'batch', share: SHARE } },
        about: 'weights kept as user x item matrices and drawn from for each batch, torch.optim.Adam as it comes',
      },
    ],
  },
  'dim50-5-lazy-adam-twentieth': {
    optimizer: 'lazy-adam',
    options: { ...STEP, ...TINY },
    share: SHARE,
    peers: [
      {
        ...{ name: 'torch-batch-sparse', script, params: { ...params, ...SPARSE, draws: 'batch', share: SHARE } },
        about: 'as torch-batch with sparse gradients and torch.optim.SparseAdam',
      },
    ],
  },
};

/**
 * Base losses, losses on each other's scores and steps of both models over all train interactions once, and a tenth of what is done every ten
 * epochs: a tenth of the users is ranked by both models and drawn for. What is trained on is drawn beforehand and given to both sides. A twentieth
 * is that of both.
 */
export const bdEpoch: BenchRow = {
  title: 'one epoch of bidirectional distillation between two matrix factorisations',
  cases: Object.keys(CASES),
  prepare: (name, options) => prepare(CASES[name]!, options),
};

async function prepare(
  { optimizer, options, share, peers }: Case,
  { data, threads }: PrepareOptions,
): Promise<PreparedCase> {
  const k = createKernels({ threads });
  const models = [DIMS.teacher, DIMS.student].map((dim) =>
    freshModel(k, data, 'bpr-mf', { dim, batchSize: BATCH, initScale: 0.1 }),
  ) as [TrainableModel, TrainableModel];
  const optimizers = models.map((model) => optimizerOf(optimizer).create(k, model.parameters, options));
  const drawn = drawnEpoch(k, data);
  const size = Math.ceil(drawn.size / share);
  const method = bdOf(k, data.train, models);
  await method.beforeEpoch!(1);
  const every = BD.update * share;
  const look = bdOf(k, everyNth(data.train, every), models);
  const losses = new Float32Array(2);
  return {
    work: `${size} triples in batches of ${BATCH}, dims ${DIMS.teacher} and ${DIMS.student}, ${optimizer}, and one in ${every} of ${data.nUsers} users ranked among ${data.nItems} items and drawn for`,
    inputs: {
      ...first(drawn.inputs, size),
      ...tablesOf(models),
      ...drawnItems(data.train, first(drawn.inputs, size), method.tables!.map((t) => t.values) as Int32Array[]),
      ...{ trainIndptr: tensor(data.train.indptr), trainItems: tensor(data.train.indices) },
    },
    ours: {
      async run() {
        await look.beforeEpoch!(1);
        losses.fill(0);
        for (const batch of drawn.batches(BATCH, size)) {
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
      // Where gradients cancel, rounding decides the sign of a step of Adam: 28 of 125,905 values of the student's items with `fma`, none with `plain`.
      ...Object.keys(tablesOf(models)).map((name) => mostlyNear(name, ours[name]!, peer[name]!, 1e-5, 5e-4)),
    ],
  };
}

function bdOf(kernels: Kernels, train: Interactions, models: readonly [TrainableModel, TrainableModel]) {
  const [teacher, student] = models.map((model): CoLearner => ({ model, batchSize: BATCH, negatives: 1 }));
  return createBd({ kernels, train, teacher: teacher!, student: student!, report() {} }, BD);
}

/** The interactions of one in `n` users alone. */
function everyNth({ nUsers, nItems, indptr, indices }: Interactions, n: number): Interactions {
  const own = Array.from({ length: nUsers }, (_, u) => (u % n === 0 ? indices.subarray(indptr[u], indptr[u + 1]) : []));
  return { nUsers, nItems, ...packLists(own) };
}

/** The first triples, of which each has one negative. */
const first = (triples: Tensors, size: number): Tensors =>
  Object.fromEntries(Object.entries(triples).map(([name, { data }]) => [name, tensor(data.slice(0, size))]));

const tablesOf = (models: readonly TrainableModel[]): Tensors =>
  Object.fromEntries(
    models.flatMap((model, at) =>
      model.parameters.map((p) => [`${at === 0 ? 'teacher' : 'student'}.${p.name}`, copied(p.values, ...p.shape)]),
    ),
  );

/** What either learns in the first epoch, in the order of the triples; -1 = nothing. */
function drawnItems(train: Interactions, inputs: Tensors, tables: readonly Int32Array[]): Tensors {
  const [users, positives] = [inputs.userIds!.data, inputs.positives!.data];
  const places = Int32Array.from(users, (u, e) => placeInRow(train, u, positives[e]!));
  const [teacher, student] = tables.map((items) => tensor(places.map((place) => items[place]!)));
  return { drawnForTeacher: teacher!, drawnForStudent: student! };
}
