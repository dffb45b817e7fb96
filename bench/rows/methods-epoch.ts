/** One epoch of a student with a loss on the embeddings of a teacher, by the methods of embeddings. */
import { createKernels, type Kernels } from 'recdistill';
import { type Interactions, transpose } from 'recdistill/data';
import {
  adjacencyOf,
  coOccurring,
  createDraws,
  type DistillContext,
  filterOf,
  isCoTrained,
  type MethodHooks,
  methodOf,
} from 'recdistill/distill';
import { stream, uniform } from 'recdistill/math';
import { optimizerOf, type TrainableModel } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import type { BenchRow, PeerForm, PreparedCase, PrepareOptions } from '../_row.js';
import { type Tensors, tensor } from '../tensors.js';
import { parametersAgree } from './_epoch.js';
import { madeUpList } from './_lists.js';
import { copied, freshModel, parametersOf } from './_model.js';
import { type DrawnEpoch, drawnEpoch } from './_pairs.js';

const [DIM, TEACHER_DIM, BATCH, SEED] = [20, 200, 1024, 1];
const ADAM = { learningRate: 0.001, l2: 1e-5 };
/** Batches that are compared: later, another group of a row or the rounding of cosines moves some rows by a step. */
const COMPARED = 8;

interface Case {
  readonly method: string;
  /** Options of the method; the peer gets them, too. */
  readonly options: Readonly<Record<string, unknown>> & { readonly lambda: number };
  /** What the peer needs besides the triples, the tables and the parameters. */
  more?(context: DistillContext, drawn: DrawnEpoch): Tensors | Promise<Tensors>;
  readonly forms?: readonly (Pick<PeerForm, 'name' | 'about'> & { readonly form: string })[];
}

const PCKD = { samples: 5, scoreTemperature: 0.1, alpha: 0.1, guide: 'teacher', candidates: 100, rankTemperature: 10 };

const CASES = {
  fitnet: { method: 'fitnet', options: { lambda: 0.05 } },
  freqd: {
    method: 'freqd',
    options: { lambda: 0.5, alpha: 0.5, graphNeighbours: 5 },
    more: ({ train }) => ({ ...filter('users', train), ...filter('items', transpose(train)) }),
    forms: [
      { name: 'torch', about: 'all rows projected, then smoothed with a CSR matrix, as published code', form: 'whole' },
      {
        name: 'torch-commuted',
        about: 'all rows smoothed, those of the batch projected; Adam(fused=True)',
        form: 'rows',
      },
    ],
  },
  ftd: {
    method: 'htd',
    options: { lambda: 0.001, topology: 'full' },
    forms: [
      { name: 'torch', about: 'matrices of all cosines', form: 'pairs' },
      { name: 'torch-products', about: 'products of unit rows, as here; Adam(fused=True)', form: 'products' },
    ],
  },
  htd: { method: 'htd', options: { lambda: 0.001, alpha: 0.5, experts: 30 }, more: noise },
  pckd: { method: 'pckd', options: { lambda: 0.05, ...PCKD }, more: drawnItems },
} as const satisfies Record<string, Case>;

export const methodsEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of BPR matrix factorisation with a loss on the embeddings of a teacher',
  goal: 'none slower',
  cases: Object.keys(CASES) as (keyof typeof CASES)[],
  prepare,
};

async function prepare(name: keyof typeof CASES, { data, threads }: PrepareOptions): Promise<PreparedCase> {
  const { method, options, more, forms = FORMS }: Case = CASES[name];
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'bpr-mf', { dim: DIM, initScale: 0.1 });
  const drawn = drawnEpoch(k, data);
  const context = contextOf(k, model, data.train, Math.ceil(drawn.size / BATCH));
  const hooks = await create(method, context, options);
  const parameters = [...model.parameters, ...hooks.parameters!];
  const optimizer = optimizerOf('adam').create(k, parameters, ADAM);
  const own = () => Object.fromEntries(hooks.parameters!.map((p) => [peerName(p.name), copied(p.values, ...p.shape)]));
  const { userFactors, itemFactors } = context.teachers[0]!.tables!;
  const train = (most?: number) => {
    for (const batch of drawn.batches(BATCH, most)) {
      model.forward?.(batch);
      model.accumulate(batch);
      hooks.accumulate!(batch);
      model.backward?.();
      optimizer.step();
    }
  };
  return {
    work: `${drawn.size} triples in batches of ${BATCH}, dim ${DIM}, teacher of dim ${TEACHER_DIM}, ${data.nUsers} + ${data.nItems} rows, ${name}`,
    inputs: {
      ...drawn.inputs,
      ...parametersOf(model),
      ...own(),
      teacherUsers: tensor(Float32Array.from(userFactors), data.nUsers, TEACHER_DIM),
      teacherItems: tensor(Float32Array.from(itemFactors), data.nItems, TEACHER_DIM),
      ...(await more?.(context, drawn)),
    },
    ours: {
      run: () => train(),
      first: () => train(COMPARED * BATCH),
      result: () => ({ ...parametersOf(model), ...own() }),
      close: () => k.close(),
    },
    peers: forms.map(({ name: peer, about, form }, at) => ({
      ...{ name: peer, about, script: 'methods-epoch.py' },
      params: { ...ADAM, ...options, method: name, batchSize: BATCH, compared: COMPARED, form, fused: at > 0 },
    })),
    compare: (ours, peer) => parametersAgree({ apart: 1e-5, share: 1e-3, worst: 2e-2 })(ours, peer),
  };
}

const FORMS = [
  { name: 'torch', about: 'distinct rows of each batch, torch.optim.Adam as it comes', form: '' },
  { name: 'torch-fused', about: 'the same with Adam(fused=True)', form: '' },
];

/** `method.users.w` of `fitnet users.w`. */
const peerName = (name: string): string => `method.${name.split(' ')[1]}`;

function create(name: string, context: DistillContext, given: object): MethodHooks | Promise<MethodHooks> {
  const spec = methodOf(name);
  if (isCoTrained(spec)) throw new TypeError(`${name} trains a teacher, too`);
  return spec.create(context, parseOptions(spec.options, { ...given, lossUsers: 'batch' }, name));
}

/** A teacher with made-up tables, and lists of 100 items that are unrelated to them. */
function contextOf(
  kernels: Kernels,
  student: TrainableModel,
  train: Interactions,
  batchesPerEpoch: number,
): DistillContext {
  const { nUsers, nItems } = train;
  const depth = 100;
  const items = new Int32Array(nUsers * depth);
  for (let user = 0; user < nUsers; user++) items.set(madeUpList(train, user, depth), user * depth);
  const table = (rows: number, purpose: string) => {
    const key = stream(1, purpose);
    return Float32Array.from({ length: rows * TEACHER_DIM }, (_, at) => 0.4 * (uniform(key, at, 0) - 0.5));
  };
  const tables = {
    userFactors: table(nUsers, 'benchmark teacher users'),
    itemFactors: table(nItems, 'benchmark teacher items'),
    dim: TEACHER_DIM,
  };
  const rankings = { nUsers, nItems, depth, items };
  return {
    ...{ kernels, student, train, batchesPerEpoch, batchSize: BATCH, seed: SEED },
    teachers: [{ teacher: 'made-up', dataFingerprint: '', checkpoints: [{ epoch: 1, metrics: {}, rankings }], tables }],
    rankStudent: async () => rankings,
    report() {},
  };
}

/** The filter of freqd as a sparse matrix. */
function filter(side: 'users' | 'items', rows: Interactions): Tensors {
  const { indptr, indices, weights } = filterOf(adjacencyOf(coOccurring(rows, 5)), 0.5, 1);
  return {
    [`${side}Indptr`]: tensor(indptr),
    [`${side}Indices`]: tensor(indices),
    [`${side}Weights`]: tensor(Float32Array.from(weights)),
  };
}

/** The noise of the experts for the distinct users and items of each batch, and their numbers. */
function noise(_: DistillContext, drawn: DrawnEpoch): Tensors {
  const { experts } = CASES.htd.options;
  const of = { users: [] as Int32Array[], items: [] as Int32Array[] };
  const distinct = (...ids: Int32Array[]) => Int32Array.from(new Set(ids.flatMap((part) => [...part]))).sort();
  for (const { users, positives, negatives } of drawn.batches(BATCH)) {
    of.users.push(distinct(users));
    of.items.push(distinct(positives, negatives));
  }
  const tensors: { [name: string]: Tensors[string] } = {};
  for (const side of ['users', 'items'] as const) {
    const key = stream(SEED, `htd ${side} noise`);
    const values = of[side].flatMap((ids, step) =>
      Array.from(ids, (id) =>
        Array.from(
          { length: experts },
          (_, m) => -Math.log(-Math.log(uniform(key, step, id * experts + m) + 2 ** -54)),
        ),
      ),
    );
    tensors[`${side}Noise`] = tensor(Float32Array.from(values.flat()), values.length, experts);
    tensors[`${side}Rows`] = tensor(Int32Array.from(of[side], (ids) => ids.length));
  }
  return tensors;
}

/** The items that pckd draws for each user in the first epoch. */
async function drawnItems(context: DistillContext): Promise<Tensors> {
  const options = { ...PCKD, sampling: 'rank', guide: 'teacher', period: 10 } as const;
  const draws = await createDraws(context, PCKD.samples, options);
  const items = new Int32Array(context.train.nUsers * PCKD.samples);
  for (let user = 0; user < context.train.nUsers; user++) items.set(draws.of(user, 1), user * PCKD.samples);
  return { drawn: tensor(items, context.train.nUsers, PCKD.samples) };
}
