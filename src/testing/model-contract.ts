/**
 * The contract of models. Use it for your own model: `for (const c of modelContract(spec)) test(c.name, c.run)`. Each case throws an
 * AssertionError if the model breaks it.
 */
import assert from 'node:assert/strict';
import type { Dataset, Interactions } from '../data/index.js';
import { createKernels, createReferenceKernels, type Kernels } from '../kernels/index.js';
import {
  createPairLearner,
  type Model,
  type ModelSpec,
  makeModel,
  makeTrainable,
  modelRegistry,
  type Parameter,
  rankAll,
  tablesOf,
  trainOptionsOf,
} from '../models/index.js';
import {
  type ContractCase,
  contractData,
  freesMemory,
  gradientsMatch,
  intsIn,
  near,
  sameAtAnyThreads,
  smallBatch,
  smallTrain,
  spread,
} from './checks.js';
import { historiesContract } from './histories-contract.js';
import { marksEveryRow } from './marks-contract.js';
import { smallOptions, type Values } from './small.js';
import { type TrainRun, trainedBits, trainedInPartsBits } from './train-runs.js';

/** @param options of the model in addition to those declared as `small` */
export function modelContract(spec: ModelSpec, options: Values = {}): ContractCase[] {
  const shared = [
    { name: `${spec.name}: its declaration is complete`, run: () => void modelRegistry.add(spec) },
    {
      name: `${spec.name}: scores of all items are finite and do not depend on the order of users`,
      run: () => scoresRows(spec, options),
    },
    { name: `${spec.name}: its tables give the same scores`, run: () => tablesAgree(spec, options) },
    { name: `${spec.name}: close() frees all memory`, run: () => givesBack(spec, options) },
    { name: `${spec.name}: wasm scores match the float64 reference`, run: () => sameOnBothMachines(spec, options) },
    {
      name: `${spec.name}: interaction weights change the model if and only if it has the capability weights; weights of 1 change nothing`,
      run: () => weighs(spec, options),
    },
    ...historiesContract(spec, options),
  ];
  if (spec.kind === 'computed') {
    return [
      ...shared,
      { name: `${spec.name}: identical bits with 1, 2, 3 and 4 threads`, run: () => scoresAtAnyThreads(spec, options) },
      { name: `${spec.name}: it can be interrupted at any step and frees all memory`, run: () => stops(spec, options) },
    ];
  }
  const saved = {
    name: `${spec.name}: a loss on the scores of any pairs reaches the parameters`,
    run: () => learnsPairs(spec, options),
  };
  return [
    ...shared,
    ...(spec.capabilities.includes('scores') ? [saved] : []),
    { name: `${spec.name}: the gradient matches the loss`, run: () => finiteDifferences(spec, options) },
    { name: `${spec.name}: identical bits with 1, 2, 3 and 4 threads`, run: () => trainsAtAnyThreads(spec, options) },
    { name: `${spec.name}: all rows with gradients are marked`, run: () => marks(spec, options) },
    { name: `${spec.name}: an interrupted run ends with identical bits`, run: () => resumes(spec, options) },
    { name: `${spec.name}: another seed gives another model`, run: () => seeded(spec, options) },
  ];
}

function make(spec: ModelSpec, k: Kernels, options: Values, seed = 3, train = smallTrain): Promise<Model> {
  return makeModel(spec, { kernels: k, train, seed }, smallOptions(spec, options));
}

function scoresOf(k: Kernels, model: Model, users: readonly number[]): Float64Array {
  const rows = intsIn(k, users);
  const out = k.floats(users.length * model.nItems);
  model.scoreRows(rows, out);
  const copy = Float64Array.from(out);
  k.free(rows, out);
  return copy;
}

async function scoresRows(spec: ModelSpec, options: Values): Promise<void> {
  const k = createReferenceKernels('f64');
  const model = await make(spec, k, options);
  const all = scoresOf(k, model, [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(all.every(Number.isFinite), 'every score must be finite, also for users and items without interactions');
  const turned = scoresOf(k, model, [6, 2, 0]);
  for (const [at, u] of [6, 2, 0].entries()) {
    for (let i = 0; i < model.nItems; i++)
      near(turned[at * model.nItems + i]!, all[u * model.nItems + i]!, 1e-9, `user ${u}, item ${i}`);
  }
  const ranked = await rankAll(k, model, smallTrain, 20);
  assert.equal(
    ranked.items.filter((i) => i >= 0).length,
    7 * 11 - 13,
    'every item that is not a train item must be ranked',
  );
  model.close();
}

/** With and without results of an earlier call: derived tables must follow the parameters. */
async function tablesAgree(spec: ModelSpec, options: Values): Promise<void> {
  const k = createReferenceKernels('f64');
  const model = await make(spec, k, options);
  for (const factor of [1, 2]) {
    for (const p of model.parameters) for (let at = 0; at < p.values.length; at++) p.values[at]! *= factor;
    const tables = tablesOf(model);
    if (!tables) break;
    const fromTables = k.floats(model.nUsers * model.nItems);
    k.gemm(tables.userFactors, tables.itemFactors, fromTables, model.nUsers, model.nItems, tables.dim, 'nt');
    const rows = scoresOf(k, model, [0, 1, 2, 3, 4, 5, 6]);
    for (const [at, score] of rows.entries()) near(fromTables[at]!, score, 1e-9, `score ${at}`);
  }
  model.close();
}

const givesBack = (spec: ModelSpec, options: Values): Promise<void> =>
  freesMemory(async (k) => {
    const model = await make(spec, k, options);
    scoresOf(k, model, [0, 3]);
    model.close();
  });

async function sameOnBothMachines(spec: ModelSpec, options: Values): Promise<void> {
  const [wasm, reference] = [createKernels({ threads: 1, memoryLimit: 64e6 }), createReferenceKernels('f64')];
  const [a, b] = [await make(spec, wasm, options), await make(spec, reference, options)];
  copyParameters(b.parameters, a.parameters);
  const [x, y] = [scoresOf(wasm, a, [0, 2, 3]), scoresOf(reference, b, [0, 2, 3])];
  for (const [at, value] of x.entries()) near(value, y[at]!, 2e-5, `score ${at}`);
  wasm.close();
}

const copyParameters = (from: readonly Parameter[], to: readonly Parameter[]): void =>
  from.forEach((p, at) => void to[at]!.values.set(p.values));

async function finiteDifferences(spec: ModelSpec, options: Values): Promise<void> {
  const k = createReferenceKernels('f64');
  const model = await makeTrainable(spec, { kernels: k, train: smallTrain, seed: 3 }, smallOptions(spec, options));
  spread(model.parameters);
  const batch = smallBatch(k, model.batches);
  const lossAt = (): number => {
    model.forward?.(batch);
    const loss = model.accumulate(batch);
    model.backward?.();
    return loss;
  };
  // The reported loss is a sum. The gradient may be that of the mean over rows, for all parameters alike.
  const factorOf = (got: number, numeric: number) =>
    model.batches !== 'pairs' && got < 0.9 * numeric ? 1 / batch.size : 1;
  assert.ok(gradientsMatch(model.parameters, lossAt, '', factorOf) > 1e-3, 'the loss must depend on the parameters');
  model.close();
}

/** Pairs with repeated users and items: their scores equal those of rows, and back-propagation gives the gradient of a loss on them. */
async function learnsPairs(spec: ModelSpec, options: Values): Promise<void> {
  const k = createReferenceKernels('f64');
  const model = await makeTrainable(spec, { kernels: k, train: smallTrain, seed: 3 }, smallOptions(spec, options));
  spread(model.parameters);
  const [users, items] = [intsIn(k, [0, 0, 3, 5, 6, 3]), intsIn(k, [2, 10, 9, 2, 0, 9])];
  const batch = smallBatch(k, model.batches);
  const learner = createPairLearner(k, model);
  const rows = scoresOf(k, model, Array.from(users));
  const places = items.map((item, n) => n * model.nItems + item);
  const agrees = (got: ArrayLike<number>, n: number) => near(got[n]!, rows[places[n]!]!, 1e-9, `score of pair ${n}`);
  const out = k.floats(users.length + 1);
  for (const asked of [0, 2, users.length]) {
    out.fill(5);
    learner.score({ users: users.subarray(0, asked), items: items.subarray(0, asked) }, out);
    for (let n = 0; n < asked; n++) agrees(out, n);
    assert.ok(
      out.subarray(asked).every((x) => x === 5),
      'nothing may be written beyond the requested scores',
    );
  }
  let seen = new Float64Array(0);
  const lossAt = (): number => {
    for (const p of model.parameters) p.gradient.fill(0);
    model.forward?.(batch);
    const pairs = { users, items };
    learner.score(pairs, out, intsIn(k, [0, 3, 5, 6]));
    const value = learner.learn(pairs, (scores, scoreGradients) => {
      seen = Float64Array.from(scores);
      scoreGradients.forEach((_, n) => {
        scoreGradients[n] = Math.cos(scores[n]! + n);
      });
      return seen.reduce((sum, s, n) => sum + Math.sin(s + n), 0);
    });
    model.backward?.();
    return value;
  };
  lossAt();
  assert.equal(seen.length, users.length);
  assert.deepEqual(
    [...out.subarray(0, users.length)],
    [...seen],
    'within a batch they must equal the scores of learnPairs',
  );
  if (model.learnPairs) seen.forEach((_, n) => void agrees(seen, n));
  assert.ok(gradientsMatch(model.parameters, lossAt, '') > 1e-3, 'the loss must depend on the parameters');
  learner.close();
  model.close();
}

const contractRun = (spec: ModelSpec, options: Values, data: Dataset, seed = 3): TrainRun => {
  const o = smallOptions(spec, { batchSize: 64, ...options, seed });
  return {
    data,
    options: trainOptionsOf(o),
    create: (kernels) => makeTrainable(spec, { kernels, train: data.train, seed }, o),
  };
};

async function trainsAtAnyThreads(spec: ModelSpec, options: Values): Promise<void> {
  const run = contractRun(spec, options, await contractData());
  await sameAtAnyThreads((threads) => trainedBits(run, threads));
}

async function scoresAtAnyThreads(spec: ModelSpec, options: Values): Promise<void> {
  const { train } = await contractData();
  await sameAtAnyThreads((threads) => computedBits(spec, options, train, threads));
}

/** The scores of all users. */
async function computedBits(spec: ModelSpec, options: Values, train: Interactions, threads: number): Promise<string> {
  const k = createKernels({ threads, memoryLimit: 64e6 });
  const model = await make(spec, k, options, 3, train);
  const scores = scoresOf(k, model, [...Array(train.nUsers).keys()]);
  model.close();
  k.close();
  return scores.join(' ');
}

/** Interrupts the model at its first step, its second, ... until it completes. Interrupted attempts must not change the scores. */
async function stops(spec: ModelSpec, options: Values): Promise<void> {
  const { train } = await contractData();
  const k = createKernels({ threads: 2, memoryLimit: 64e6 });
  const o = smallOptions(spec, options);
  const straight = await make(spec, k, options, 3, train);
  const expected = scoresOf(k, straight, [0, 7, 59]);
  straight.close();
  const before = k.bytesInUse;
  for (let stop = 1; ; stop++) {
    let steps = 0;
    const step = async (done: number, total: number): Promise<void> => {
      assert.ok(done >= 0 && done <= total, `${done} of ${total}`);
      steps += 1;
      if (steps === stop) throw new RangeError('stopped');
    };
    const made = makeModel(spec, { kernels: k, train, seed: 3, step }, o);
    const ended = await made.catch((error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
    });
    if (!ended) {
      assert.equal(k.bytesInUse, before, `interrupted at step ${stop}, it did not free all memory`);
      continue;
    }
    assert.deepEqual(scoresOf(k, ended, [0, 7, 59]), expected);
    ended.close();
    k.close();
    return;
  }
}

async function seeded(spec: ModelSpec, options: Values): Promise<void> {
  const data = await contractData();
  const [one, other] = [contractRun(spec, options, data), contractRun(spec, options, data, 4)];
  assert.ok((await trainedBits(one, 1)) !== (await trainedBits(other, 1)));
}

/** Equal weights must have no effect; other weights only for models that use them. */
async function weighs(spec: ModelSpec, options: Values): Promise<void> {
  const data = await contractData();
  const withWeights = (weight: (at: number) => number): Dataset => {
    const weights = Float32Array.from(data.train.indices, (_, at) => weight(at));
    return { ...data, train: { ...data.train, weights } };
  };
  const saved = (of: Dataset): Promise<string> =>
    spec.kind === 'trained' ? trainedBits(contractRun(spec, options, of), 2) : computedBits(spec, options, of.train, 2);
  const plain = await saved(data);
  assert.ok((await saved(withWeights(() => 1))) === plain, 'weights of 1 changed what is learned');
  const changed = (await saved(withWeights((at) => 1 + (at % 7)))) !== plain;
  const says = spec.capabilities.includes('weights');
  assert.equal(changed, says, says ? 'other weights changed nothing' : 'weights changed what is learned');
}

async function marks(spec: ModelSpec, options: Values): Promise<void> {
  const run = contractRun(spec, { ...options, batchSize: 8 }, await contractData());
  await marksEveryRow(run, spec.capabilities.includes('scores'));
}

async function resumes(spec: ModelSpec, options: Values): Promise<void> {
  const run = contractRun(spec, options, await contractData());
  const [straight, parts] = [await trainedBits(run, 1), await trainedInPartsBits(run, [1, 2])];
  assert.ok(parts === straight, 'a run in three parts gave different bits than an uninterrupted one');
}
