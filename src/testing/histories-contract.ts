/** The contract of models that answer for a history alone. Part of the model contract. */
import assert from 'node:assert/strict';
import { type Interactions, itemsOf } from '../data/index.js';
import { createKernels, createReferenceKernels, freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { type Histories, type Model, type ModelSpec, makeModel } from '../models/index.js';
import { type ContractCase, contractData, intsIn, near, sameAtAnyThreads, smallTrain, spread } from './checks.js';
import { smallOptions, type Values } from './small.js';

/** @param options of the model in addition to those declared as `small` */
export function historiesContract(spec: ModelSpec, options: Values): ContractCase[] {
  if (!spec.capabilities.includes('histories')) return [];
  const { name } = spec;
  return [
    { name: `${name}: the train items of a user have the user's scores`, run: () => scoresOfUsers(spec, options) },
    {
      name: `${name}: every history has finite scores, which do not depend on the order of its items or on other histories`,
      run: () => anyHistory(spec, options),
    },
    { name: `${name}: histories give back all memory`, run: () => givesBack(spec, options) },
    {
      name: `${name}: identical scores of histories with 1, 2, 3 and 4 threads`,
      run: () => sameAtAnyThreads((threads) => bitsOf(spec, options, threads)),
    },
  ];
}

async function make(spec: ModelSpec, k: Kernels, options: Values, train: Interactions): Promise<Model & Answering> {
  const model = await makeModel(spec, { kernels: k, train, seed: 3 }, smallOptions(spec, options));
  spread(model.parameters);
  const { histories } = model;
  assert.ok(histories, 'a model that declares the capability histories has histories');
  return { ...model, histories };
}

interface Answering {
  readonly histories: Histories;
}

type Lists = readonly ArrayLike<number>[];

/** The scores of histories, of which every one must be written and nothing else. */
function scoresOf(k: Kernels, { histories, nItems }: Model & Answering, lists: Lists, weights?: Lists): Float64Array {
  const flat = (of: Lists) => of.flatMap((list) => Array.from(list));
  const indptr = Int32Array.of(0, ...lists.map((_, r) => flat(lists.slice(0, r + 1)).length));
  const source = { columns: nItems, indptr, indices: Int32Array.from(flat(lists)) };
  const given = takeRows(k, source, weights && flat(weights));
  const out = k.floats(lists.length * nItems + 1).fill(Number.NaN);
  histories.score(given, out);
  const scores = Float64Array.from(out.subarray(0, lists.length * nItems));
  assert.ok(scores.every(Number.isFinite), 'every score of every history must be finite');
  assert.ok(Number.isNaN(out.at(-1)), 'nothing may be written beyond the scores');
  assert.deepEqual([...given.indices], [...source.indices], 'the given histories must not be changed');
  freeRows(k, given);
  k.free(out);
  return scores;
}

/** With weights of interactions, a history with the same weights. Nothing to compare for user vectors that are found by another equation. */
async function scoresOfUsers(spec: ModelSpec, options: Values): Promise<void> {
  const weights = Float32Array.from(smallTrain.indices, (_, at) => 1 + (at % 3));
  for (const train of [smallTrain, ...(spec.capabilities.includes('weights') ? [{ ...smallTrain, weights }] : [])]) {
    const machines = [createReferenceKernels('f64'), createKernels({ threads: 2, memoryLimit: 64e6 })];
    for (const [at, k] of machines.entries()) {
      const model = await make(spec, k, options, train);
      const users = [0, 1, 2, 3, 4, 5, 6];
      const lists = users.map((u) => itemsOf(train, u));
      const own = users.map((u) => weights.subarray(train.indptr[u]!, train.indptr[u + 1]!));
      const got = scoresOf(k, model, lists, 'weights' in train ? own : undefined);
      const rows = intsIn(k, users);
      const expected = k.floats(users.length * train.nItems);
      model.scoreRows(rows, expected);
      // Single precision: some models multiply in another order than for users, and 2e-5 is what the arithmetics may differ by.
      const tolerance = at === 0 ? 1e-9 : 2e-5;
      const place = (n: number) => `item ${n % train.nItems} of user ${Math.floor(n / train.nItems)}`;
      if (model.histories.by === undefined)
        for (const [n, score] of expected.entries()) near(got[n]!, score, tolerance, `score of ${place(n)}`);
      model.close();
      k.close();
    }
  }
}

async function anyHistory(spec: ModelSpec, options: Values): Promise<void> {
  const k = createReferenceKernels('f64');
  const model = await make(spec, k, options, smallTrain);
  const { nItems } = model;
  // Items 6, 7, 8 and 10 are in no train interaction. No user has any of the other histories.
  const lists = [[0, 3, 9], [], [8], [6, 10, 7], [...Array(nItems).keys()], [2, 8]];
  const all = scoresOf(k, model, lists);
  const turned = scoresOf(
    k,
    model,
    lists.map((list) => [...list].reverse()),
  );
  assert.deepEqual(turned, all, 'the order of the items of a history changed bits');
  for (const [r, list] of lists.entries())
    for (const [i, score] of scoresOf(k, model, [list]).entries())
      near(score, all[r * nItems + i]!, 1e-9, `history ${r} alone, item ${i}`);
  assert.deepEqual(scoresOf(k, model, []), new Float64Array(0));
  model.close();
}

/** After the first call, which may keep what later ones use. Closing the model frees that, too. */
async function givesBack(spec: ModelSpec, options: Values): Promise<void> {
  const k = createKernels({ threads: 1, memoryLimit: 64e6 });
  const whole = async () => {
    const model = await make(spec, k, options, smallTrain);
    scoresOf(k, model, [[1, 2], [], [9, 0]]);
    const before = k.bytesInUse;
    scoresOf(k, model, [[1, 2], [], [9, 0]]);
    assert.equal(k.bytesInUse, before, 'a second call took memory and did not free it');
    model.close();
  };
  // Kernels keep working memory of their own.
  await whole();
  const before = k.bytesInUse;
  await whole();
  assert.equal(k.bytesInUse, before, 'close() did not free what histories took');
  k.close();
}

async function bitsOf(spec: ModelSpec, options: Values, threads: number): Promise<string> {
  const { train } = await contractData();
  const k = createKernels({ threads, memoryLimit: 64e6 });
  const model = await make(spec, k, options, train);
  const lists = Array.from({ length: train.nUsers }, (_, u) => itemsOf(train, u).filter((_, at) => at % 3 < 2));
  const scores = scoresOf(k, model, [...lists, [...Array(train.nItems).keys()]]);
  model.close();
  k.close();
  return scores.join(' ');
}
