/**
 * The contract of distillation methods. Use it for your own method: `for (const c of methodContract(spec)) test(c.name, c.run)`.
 * Each case throws an AssertionError if the method breaks it. Students are two small models of the suite, or the given ones.
 */
import assert from 'node:assert/strict';
import type { Dataset, Interactions } from '../data/index.js';
import {
  type DistillContext,
  isCoTrained,
  type MethodHooks,
  type MethodSpec,
  methodRegistry,
  methods,
  type TeacherKnowledge,
  type TeachingMethod,
} from '../distill/index.js';
import { createReferenceKernels, type Kernels } from '../kernels/index.js';
import { type ModelSpec, makeTrainable, rankAll, type TrainableModel, trainOptionsOf } from '../models/index.js';
import { checkNeeds } from '../runs/method.js';
import {
  type ContractCase,
  choicesOf,
  contractData,
  freeBatch,
  freesMemory,
  gradientsMatch,
  manyItems,
  refusesNeeds,
  sameAtAnyThreads,
  smallBatch,
  spread,
} from './checks.js';
import { coTrainedContract } from './co-trained-contract.js';
import { largeOptions, smallOptions, type Values } from './small.js';
import { syntheticComputed, syntheticStudents } from './synthetic-students.js';
import { teachersFor } from './synthetic-teachers.js';
import { type TrainRun, trainedBits, trainedInPartsBits } from './train-runs.js';

/**
 * @param options of the method in addition to those declared as `small`
 * @param students models to test it on; unsupported ones are skipped
 */
export function methodContract(
  spec: MethodSpec,
  options: Values = {},
  students: readonly ModelSpec[] = syntheticStudents,
): ContractCase[] {
  if (isCoTrained(spec)) return coTrainedContract(spec, options, students);
  return teachingContract(spec, options, students);
}

function teachingContract(spec: TeachingMethod, options: Values, students: readonly ModelSpec[]): ContractCase[] {
  const name = (rest: string) => `${spec.name}: ${rest}`;
  const able = students.filter(
    (m) => m.kind === 'trained' && spec.needs.student.every((c) => m.capabilities.includes(c)),
  );
  const cases: ContractCase[] = [
    { name: name('its declaration is complete'), run: () => void methodRegistry.add(spec) },
    {
      name: name('unsupported input is refused before any work, with a message and a hint'),
      run: () => refusals(spec, able[0]),
    },
  ];
  for (const student of able) {
    const on = (rest: string) => name(`${student.name}: ${rest}`);
    cases.push(
      { name: on('close() frees all memory'), run: () => givesBack(spec, student, options) },
      { name: on('identical bits with 1, 2, 3 and 4 threads'), run: () => trainsAtAnyThreads(spec, student, options) },
      { name: on('an interrupted run ends with identical bits'), run: () => resumes(spec, student, options) },
    );
    if (spec.needs.teachers === 'none') continue;
    cases.push({ name: on('the gradient matches the loss'), run: () => gradients(spec, student, options) });
    cases.push({
      name: on('it works with fewer items, checkpoints and teachers than usual'),
      run: () => doesWithLess(spec, student, options),
    });
    if (spec.needs.teachers === 'one')
      cases.push({ name: on('it supports several teachers'), run: () => together(spec, student, options) });
    if (spec.needs.form === 'trajectory')
      cases.push({ name: on('it restores its saved state'), run: () => keepsState(spec, student, options) });
    if ('lambda' in spec.options.shape)
      cases.push({
        name: on('lambda 0 gives the bits of training without distillation'),
        run: () => lambdaZero(spec, student, options),
      });
  }
  return cases;
}

const teachersOf = (spec: TeachingMethod, train: Interactions, fingerprint = ''): TeacherKnowledge[] =>
  teachersFor(train, { none: 0, one: 1, many: 3 }[spec.needs.teachers], fingerprint);

async function create(
  spec: TeachingMethod,
  student: TrainableModel,
  options: Values,
  context: Pick<DistillContext, 'kernels' | 'train' | 'batchSize' | 'batchesPerEpoch'>,
  teachers: readonly TeacherKnowledge[] = teachersOf(spec, context.train),
): Promise<MethodHooks> {
  const { kernels, train } = context;
  return spec.create(
    {
      ...context,
      student,
      teachers,
      seed: 3,
      rankStudent: (depth) => rankAll(kernels, student, train, Math.min(depth, train.nItems)),
      report() {},
    },
    smallOptions(spec, options),
  );
}

async function onSmallData(
  spec: TeachingMethod,
  student: ModelSpec,
  options: Values,
  k: Kernels,
  teachers?: readonly TeacherKnowledge[],
) {
  const model = await makeTrainable(student, { kernels: k, train: manyItems, seed: 3 }, smallOptions(student));
  const context = { kernels: k, train: manyItems, batchSize: 5, batchesPerEpoch: 3 };
  return { model, method: await create(spec, model, options, context, teachers) };
}

const givesBack = (spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> =>
  freesMemory(async (k) => {
    const { model, method } = await onSmallData(spec, student, options, k);
    const batch = smallBatch(k, model.batches);
    model.forward?.(batch);
    method.accumulate?.(batch);
    model.backward?.();
    await method.afterEpoch?.(1);
    method.close();
    model.close();
    freeBatch(k, batch);
  });

/** All values of all choices that the method offers, at the start and after many epochs. */
async function gradients(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const weight = 'lambda' in spec.options.shape ? { lambda: 0.7 } : {};
  for (const choice of [{}, ...choicesOf(spec.options)])
    await gradientWith(spec, student, { ...weight, ...options, ...choice });
}

async function gradientWith(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const k = createReferenceKernels('f64');
  const { model, method } = await onSmallData(spec, student, options, k);
  assert.ok(method.accumulate, 'a method with teachers must add a loss');
  // With equal scores, as of a network whose biases are 0, a loss on ranks has no derivative.
  spread(model.parameters);
  const batch = smallBatch(k, model.batches);
  const lossAt = (): number => {
    for (const p of model.parameters) p.gradient.fill(0);
    model.forward?.(batch);
    const loss = method.accumulate!(batch);
    model.backward?.();
    return loss;
  };
  for (const epochs of [0, 25]) {
    for (let epoch = 1; epoch <= epochs; epoch++) await method.afterEpoch?.(epoch);
    const what = ` with ${JSON.stringify(options)} after ${epochs} epochs`;
    assert.ok(gradientsMatch(model.parameters, lossAt, what) > 1e-4, `the loss depends on the parameters${what}`);
  }
  method.close();
  model.close();
}

/** Six epochs of a student, with or without a method. */
function runOf(student: ModelSpec, data: Dataset, spec?: TeachingMethod, options: Values = {}): TrainRun {
  const all = smallOptions(student, { batchSize: 64, epochs: 6, seed: 3 });
  const o = trainOptionsOf(all);
  return {
    data,
    options: o,
    create: (kernels) => makeTrainable(student, { kernels, train: data.train, seed: 3 }, all),
    ...(spec
      ? {
          method: (kernels, model, batchesPerEpoch) =>
            create(spec, model, options, { kernels, train: data.train, batchSize: o.batchSize, batchesPerEpoch }),
        }
      : {}),
  };
}

async function trainsAtAnyThreads(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const run = runOf(student, await contractData(), spec, options);
  await sameAtAnyThreads((threads) => trainedBits(run, threads));
}

async function resumes(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const data = await contractData();
  const run = runOf(student, data, spec, options);
  const [straight, parts] = [await trainedBits(run, 1), await trainedInPartsBits(run, [1, 2, 5])];
  assert.ok(parts === straight, 'a run in four parts gave different bits than an uninterrupted one');
}

/** All saved state must be restored, even if it has no effect in the few epochs of a test. */
async function keepsState(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const k = createReferenceKernels('f64');
  const first = await onSmallData(spec, student, options, k);
  const second = await onSmallData(spec, student, options, k);
  for (let epoch = 1; epoch <= 3; epoch++) await first.method.afterEpoch?.(epoch);
  const state = JSON.stringify(first.method.save?.());
  assert.notEqual(state, JSON.stringify(second.method.save?.()), 'three epochs must change the state');
  second.method.load?.(JSON.parse(state));
  assert.equal(JSON.stringify(second.method.save?.()), state);
  for (const { method, model } of [first, second]) {
    method.close();
    model.close();
  }
}

/** The loss of one batch after some epochs, and whether any parameter has a gradient. */
async function lossWith(
  spec: TeachingMethod,
  student: ModelSpec,
  options: Values,
  teachers: readonly TeacherKnowledge[],
) {
  const k = createReferenceKernels('f64');
  const { model, method } = await onSmallData(spec, student, options, k, teachers);
  for (let epoch = 1; epoch <= 3; epoch++) await method.afterEpoch?.(epoch);
  const batch = smallBatch(k, model.batches);
  model.forward?.(batch);
  const loss = method.accumulate!(batch);
  model.backward?.();
  const moves = model.parameters.some((p) => p.gradient.some((g) => g !== 0));
  const finite = Number.isFinite(loss) && model.parameters.every((p) => p.gradient.every(Number.isFinite));
  method.close();
  model.close();
  return { loss, moves, finite };
}

/** A single checkpoint, a user without a list by the teacher, and more requested items than there are. */
async function doesWithLess(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const full = teachersOf(spec, manyItems);
  const short = full.map((t) => ({ ...t, checkpoints: t.checkpoints.slice(-1) }));
  const silent = full.map((t) => ({
    ...t,
    checkpoints: t.checkpoints.map((c) => ({ ...c, rankings: { ...c.rankings, items: c.rankings.items.slice() } })),
  }));
  for (const t of silent) for (const c of t.checkpoints) c.rankings.items.fill(-1, 0, c.rankings.depth);
  for (const [what, teachers] of [
    ['one checkpoint', short],
    ['an unknown user', silent],
    ['one teacher', full.slice(0, 1)],
  ] as const) {
    const { finite, moves } = await lossWith(spec, student, options, teachers);
    assert.ok(finite, `${what}: loss and gradients must be finite`);
    assert.ok(moves, `${what}: some gradient must be non-zero`);
  }
  // Some of these have no loss left, for example the whole catalogue as one unordered set.
  const large = largeOptions(spec.options);
  for (const more of [...large, Object.assign({}, ...large) as Values]) {
    const found = await lossWith(spec, student, { ...options, ...more }, full).catch(refusedNeeds);
    assert.ok(found?.finite ?? true, `${JSON.stringify(more)}: loss and gradients must be finite`);
  }
}

/** A size that the data cannot fill may be refused, with a message and a hint. */
function refusedNeeds(error: unknown): undefined {
  if (!refusesNeeds(error)) throw error;
}

async function together(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const three = teachersFor(manyItems, 3, '');
  const alone = await lossWith(spec, student, options, three.slice(0, 1));
  const all = await lossWith(spec, student, options, three);
  assert.ok(all.finite && all.moves);
  assert.notEqual(all.loss, alone.loss);
}

async function lambdaZero(spec: TeachingMethod, student: ModelSpec, options: Values): Promise<void> {
  const data = await contractData();
  const base = 'base' in spec.options.shape ? { base: 'kept' } : {};
  const bits = (s?: TeachingMethod, o?: Values) => trainedBits(runOf(student, data, s, o), 1);
  const alone = await bits(methods.none);
  assert.ok((await bits()) === alone, 'method none must not change anything');
  assert.ok((await bits(spec, { ...options, ...base, lambda: 0 })) === alone, 'lambda 0 changed the parameters');
  assert.ok((await bits(spec, { ...options, ...base, lambda: 0.5 })) !== alone, 'lambda 0.5 changed nothing');
}

async function refusals(spec: TeachingMethod, student: ModelSpec | undefined): Promise<void> {
  const data = await contractData();
  assert.ok(student, `${spec.name} supports no model of the suite as student; pass one as the third argument`);
  const good = teachersOf(spec, data.train, data.fingerprint);
  const refused = (what: string, model: ModelSpec | undefined, teachers: readonly TeacherKnowledge[]): void => {
    if (!model) return;
    assert.throws(
      () => checkNeeds(model, spec, teachers, data),
      refusesNeeds,
      `${what} was not refused with a message and a hint`,
    );
  };
  checkNeeds(student, spec, good, data);
  if (spec.needs.teachers === 'none') {
    refused('a teacher for a method without teachers', student, teachersFor(data.train, 1, data.fingerprint));
    return;
  }
  refused('no teacher', student, []);
  refused('a teacher of other data', student, teachersOf(spec, data.train, 'f'.repeat(64)));
  const smaller = teachersOf(spec, manyItems, data.fingerprint);
  refused('a teacher of other users', student, smaller);
  const mixed = { ...good[0]!, checkpoints: [...good[0]!.checkpoints, smaller[0]!.checkpoints[0]!] };
  refused('a teacher whose last checkpoint is of other users', student, [mixed, ...good.slice(1)]);
  const elsewhere = { ...data, train: { ...data.train, nItems: data.train.nItems + 1 } };
  assert.throws(() => checkNeeds(student, spec, good, elsewhere), /ranks \d+ items for \d+ users/);
  refused('a teacher without a checkpoint', student, [{ ...good[0]!, checkpoints: [] }, ...good.slice(1)]);
  refused('a computed model as student', syntheticComputed, good);
  if (spec.needs.teacher.includes('embeddings')) {
    const { tables: _, ...ranking } = good[0]!;
    refused('a teacher without embeddings', student, [...good.slice(1), ranking]);
  }
  const unable: ModelSpec = { ...student, capabilities: [] };
  if (spec.needs.student.length > 0) refused('a student without what the method needs', unable, good);
}
