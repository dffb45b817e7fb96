/** The contract of methods of the form `co-trained`. Called by `methodContract`. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../data/index.js';
import { type CoTrainedMethod, type LearnerRole, learnerRoles, type Pair } from '../distill/index.js';
import { RecdistillError } from '../errors.js';
import { createKernels, createReferenceKernels, type Kernels } from '../kernels/index.js';
import { learnsPairs, type ModelSpec, makeTrainable, trainOptionsOf } from '../models/index.js';
import { ownOptions } from '../options/options.js';
import {
  type CoTrainRequest,
  checkStudent,
  coTrain,
  readMethodOptions,
  runJob,
  type SavedModel,
  savedModelOf,
} from '../runs/index.js';
import type { Job } from '../runs/outcome.js';
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
import { smallOptions, type Values } from './small.js';
import { syntheticComputed, syntheticStudents } from './synthetic-students.js';

const EPOCHS = 6;
const evaluation = { at: [5], selectBy: 'recall@5' };

/** @param options of the method in addition to those declared as `small` @param models models to test it on */
export function coTrainedContract(
  spec: CoTrainedMethod,
  options: Values = {},
  models: readonly ModelSpec[] = syntheticStudents,
): ContractCase[] {
  const able = models.filter((m) => learnsPairs(m) && spec.needs.student.every((c) => m.capabilities.includes(c)));
  const cases: ContractCase[] = [
    {
      name: `${spec.name}: unsupported input is refused before any work, with a message and a hint`,
      run: () => refusesNeedss(spec, able[0], options),
    },
  ];
  for (const model of able) {
    const on = (rest: string) => `${spec.name}: two of ${model.name}: ${rest}`;
    cases.push(
      { name: on('close() frees all memory'), run: () => givesBack(spec, model, options) },
      { name: on('the gradients of both models match their losses'), run: () => gradients(spec, model, options) },
      { name: on('identical bits with 1, 2, 3 and 4 threads'), run: () => trainsAtAnyThreads(spec, model, options) },
      { name: on('an interrupted run ends with identical bits'), run: () => resumes(spec, model, options) },
    );
  }
  return cases;
}

/** Options of a short training, as far as the method has them. */
const shortOptions = (spec: CoTrainedMethod, more: Values): Values => {
  const short = { epochs: EPOCHS, evaluateEvery: 1, patience: 50 };
  return { ...ownOptions(spec.options, short), ...spec.small, ...more };
};

/** The method with two new models that are initialised differently. */
async function onSmallData(spec: CoTrainedMethod, model: ModelSpec, options: Values, kernels: Kernels) {
  const made = async (seed: number) => {
    const o = smallOptions(model, { seed });
    const { batchSize, negatives = 1 } = trainOptionsOf(o);
    return { model: await makeTrainable(model, { kernels, train: manyItems, seed }, o), batchSize, negatives };
  };
  const [teacher, student] = [await made(0), await made(1)];
  const method = await spec.create(
    { kernels, train: manyItems, teacher, student, report() {} },
    readMethodOptions(spec, shortOptions(spec, options)),
  );
  return { learners: [teacher, student] as const, method };
}

const givesBack = (spec: CoTrainedMethod, model: ModelSpec, options: Values): Promise<void> =>
  freesMemory(async (k) => {
    const { learners, method } = await onSmallData(spec, model, options, k);
    await method.beforeEpoch?.(1);
    const batches = learners.map((l) => smallBatch(k, l.model.batches));
    for (const [at, { model: own }] of learners.entries()) own.forward?.(batches[at]!);
    for (const [at, { model: own }] of learners.entries()) {
      method.prepare?.(batches[at]!, at);
      own.accumulate(batches[at]!);
      method.accumulate?.(batches[at]!, at);
    }
    for (const { model: own } of learners) own.backward?.();
    for (const batch of batches) freeBatch(k, batch);
    await method.afterEpoch?.(1);
    method.close();
    for (const l of learners) l.model.close();
  });

/** All values of all choices that the method offers. A choice may be refused for this data. */
async function gradients(spec: CoTrainedMethod, model: ModelSpec, options: Values): Promise<void> {
  const found: (readonly boolean[])[] = [];
  for (const choice of [{}, ...choicesOf(spec.options)])
    found.push(await gradientsWith(spec, model, { ...options, ...choice }));
  for (const [at, role] of learnerRoles.entries())
    assert.ok(
      found.some((depends) => depends[at]),
      `the ${role} learns from the other`,
    );
}

/** @returns whether the loss of the teacher, and that of the student, depends on its parameters */
async function gradientsWith(spec: CoTrainedMethod, model: ModelSpec, options: Values): Promise<readonly boolean[]> {
  const k = createReferenceKernels('f64');
  const { learners, method } = await onSmallData(spec, model, options, k);
  for (const { model: own } of learners) spread(own.parameters);
  const depends: boolean[] = [];
  try {
    await method.beforeEpoch?.(1);
    for (const [at, { model: own }] of learners.entries()) {
      const other = learners[1 - at]!.model;
      const batch = smallBatch(k, own.batches);
      method.prepare?.(batch, at);
      const lossAt = (): number => {
        for (const p of [...own.parameters, ...other.parameters]) p.gradient.fill(0);
        for (const l of learners) l.model.forward?.(batch);
        const loss = method.accumulate?.(batch, at) ?? 0;
        own.backward?.();
        return loss;
      };
      lossAt();
      const what = `of the ${learnerRoles[at]} with ${JSON.stringify(options)}`;
      assert.ok(
        other.parameters.every((p) => p.gradient.every((g) => g === 0)),
        `the loss ${what} has no gradient for the other model`,
      );
      depends.push(gradientsMatch(own.parameters, lossAt, ` ${what}`) > 1e-4);
    }
  } catch (error) {
    if (!(error instanceof RecdistillError && error.code === 'needs-not-met')) throw error;
  } finally {
    method.close();
    for (const l of learners) l.model.close();
  }
  return depends;
}

/** A model after a short training. */
async function savedOf(model: ModelSpec, dataset: Dataset, kernels: Kernels, seed: number): Promise<SavedModel> {
  const found: SavedModel[] = [];
  const options = smallOptions(model, { epochs: 2, batchSize: 64, seed });
  await runJob({ dataset, kernels, model, options, evaluation }, (m, { result }) => {
    found.push(savedModelOf(m, result, dataset.fingerprint));
  });
  return found[0]!;
}

async function requestOf(
  spec: CoTrainedMethod,
  model: ModelSpec,
  options: Values,
  kernels: Kernels,
): Promise<CoTrainRequest> {
  const dataset = await contractData();
  const [teacher, student] = [await savedOf(model, dataset, kernels, 1), await savedOf(model, dataset, kernels, 2)];
  return { dataset, kernels, method: spec, evaluation, teacher, student, options: shortOptions(spec, options) };
}

const bitsOf = (pair: Pair<Job>): string =>
  JSON.stringify(
    learnerRoles.map((role) => {
      const { result, rankings, teacher } = pair[role];
      const lists = [rankings, ...teacher.trajectory.checkpoints.map((c) => c.rankings)];
      return [result.bestEpoch, result.metrics, lists.map((r) => Array.from(r.items))];
    }),
  );

const trainsAtAnyThreads = (spec: CoTrainedMethod, model: ModelSpec, options: Values): Promise<void> =>
  sameAtAnyThreads(async (threads) => {
    const kernels = createKernels({ threads, memoryLimit: 256e6 });
    const bits = bitsOf(await coTrain(await requestOf(spec, model, options, kernels)));
    kernels.close();
    return bits;
  });

async function resumes(spec: CoTrainedMethod, model: ModelSpec, options: Values): Promise<void> {
  const kernels = createKernels({ threads: 1, memoryLimit: 256e6 });
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-contract-'));
  try {
    const request = await requestOf(spec, model, options, kernels);
    const straight = bitsOf(await coTrain(request));
    for (const epoch of [1, 2, 5]) {
      const stop = new AbortController();
      const listen: CoTrainRequest['listen'] = (_, e) => void (e.type === 'epoch' && e.epoch === epoch && stop.abort());
      await assert.rejects(coTrain({ ...request, folder, listen, signal: stop.signal }), { code: 'interrupted' });
    }
    const parts = bitsOf(await coTrain({ ...request, folder }));
    assert.ok(parts === straight, 'a run in four parts gave other results than an uninterrupted one');
    const again = await coTrain({ ...request, folder });
    assert.ok(again.teacher.reused && again.student.reused && bitsOf(again) === straight, 'it is read back unchanged');
  } finally {
    kernels.close();
    rmSync(folder, { recursive: true });
  }
}

async function refusesNeedss(spec: CoTrainedMethod, model: ModelSpec | undefined, options: Values): Promise<void> {
  assert.ok(model, `${spec.name} supports no model of the suite; pass one as the third argument`);
  const able = { name: 'one', has: spec.needs.teacher };
  checkStudent(model, spec, [able]);
  assert.throws(() => checkStudent(model, spec, []), refusesNeeds, 'no teacher');
  assert.throws(() => checkStudent(model, spec, [able, able]), refusesNeeds, 'two teachers');
  assert.throws(() => checkStudent(model, spec, [{ name: 'lists', has: [] }]), refusesNeeds, 'imported rankings');
  for (const other of [syntheticComputed, { ...model, capabilities: [] }])
    assert.throws(() => checkStudent(other, spec, [able]), refusesNeeds, other.name);
  const kernels = createKernels({ threads: 1, memoryLimit: 256e6 });
  const request = await requestOf(spec, model, options, kernels);
  const refused = async (what: string, role: LearnerRole, more: Partial<SavedModel>) => {
    const before = kernels.bytesInUse;
    await assert.rejects(
      coTrain({ ...request, [role]: { ...request[role], ...more } }),
      refusesNeeds,
      `${what} as ${role}`,
    );
    assert.equal(kernels.bytesInUse, before);
  };
  for (const role of learnerRoles) {
    await refused('a model of other data', role, { dataFingerprint: 'f'.repeat(64) });
    await refused('imported rankings', role, { model: 'external' });
  }
  kernels.close();
}
