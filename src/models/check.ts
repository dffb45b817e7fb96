/** Checks of a model's declaration and of the model that it creates. A model of a user may be plain JavaScript. */
import type { Floats, Kernels } from '../kernels/index.js';
import type { Optimized } from '../optim/index.js';
import { brokenUnit } from '../options/registry.js';
import { optionsProblem } from '../options/reserved.js';
import { fieldProblem, returned, shown } from '../options/unit-check.js';
import type { Capability, Model, ModelContext, ModelSpec, Tables, TrainableModel } from './_model.js';
import { missingTrainOptions } from './options.js';

const CAPABILITIES: readonly Capability[] = ['factors', 'scores', 'weights', 'histories'];
const BATCHES: readonly TrainableModel['batches'][] = ['pairs', 'rows', 'items'];

/** What is wrong with a declaration, and in which field. Undefined if nothing is. */
export function modelProblem(spec: ModelSpec): string | undefined {
  const problem =
    fieldProblem(spec, {
      ...{ summary: 'text', source: 'text', options: 'object', search: 'object', capabilities: 'list' },
      ...{ memory: 'function', create: 'function', small: 'object?', check: 'function?' },
    }) ?? optionsProblem(spec.options, spec.search);
  if (problem !== undefined) return problem;
  const unmatched = spec.capabilities.find((c) => !CAPABILITIES.includes(c));
  if (unmatched !== undefined)
    return `its field "capabilities" has ${shown(unmatched)}; expected some of ${CAPABILITIES.join(', ')}`;
  if (spec.kind === 'computed') return fieldProblem(spec, { estimate: 'function?' });
  if (spec.kind !== 'trained') return 'its field "kind" is neither "trained" nor "computed"';
  const own = fieldProblem(spec, { asStudent: 'object?' });
  if (own !== undefined) return own;
  const missing = missingTrainOptions(spec.options.parse({}));
  return missing.length === 0
    ? undefined
    : `its options lack ${missing.join(', ')}, or have them of another type; spread trainShape({ ... }) or pairShape({ ... }) into them`;
}

/** @throws RecdistillError `broken-unit` */
export const brokenModel = (name: string, problem: string, hint?: string): never =>
  brokenUnit('model', name, problem, hint);

/** Creates a model and checks it. The caller closes it. @throws RecdistillError `broken-unit`, and what `create` throws */
export async function makeModel(
  spec: ModelSpec,
  context: ModelContext,
  options: Readonly<Record<string, unknown>>,
): Promise<Model | TrainableModel> {
  // A copy, so that what is recorded of the run stays as it is.
  const model = await spec.create(context, Object.freeze({ ...options }));
  const problem = madeProblem(spec, model, context);
  if (problem === undefined) return model;
  if (typeof model?.close === 'function') model.close();
  return brokenModel(spec.name, problem);
}

/** Creates a model that can be trained, and checks it. @throws RecdistillError as `makeModel` */
export async function makeTrainable(
  spec: ModelSpec,
  context: ModelContext,
  options: Readonly<Record<string, unknown>>,
): Promise<TrainableModel> {
  return trainable(await makeModel(spec, context, options));
}

/** @throws RecdistillError `broken-unit` if it cannot be trained */
export const trainable = (model: Model): TrainableModel =>
  isTrainable(model) ? model : brokenModel(model.name, 'it is a computed model, which is not trained');

/** Whether a model has what the training loop needs. */
export const isTrainable = (model: Model): model is TrainableModel => 'batches' in model && 'accumulate' in model;

function madeProblem(
  spec: ModelSpec,
  model: Model | undefined,
  { train, kernels }: Pick<ModelContext, 'train' | 'kernels'>,
): string | undefined {
  if (typeof model !== 'object' || model === null) return `create ${returned(model)}; expected a model`;
  const fields = fieldProblem(model, { parameters: 'list', scoreRows: 'function', close: 'function' });
  if (fields !== undefined) return `the created model is incomplete: ${fields}`;
  if (model.name !== spec.name) return `the created model is called ${shown(model.name)}`;
  for (const field of ['nUsers', 'nItems'] as const)
    if (model[field] !== train[field])
      return `the created model has "${field}" ${shown(model[field])}; the data has ${train[field]}`;
  if (!(model.size >= 0)) return `the created model has "size" ${shown(model.size)}; expected a number >= 0`;
  const capable = capabilityProblem(spec, model);
  if (capable !== undefined || spec.kind === 'computed') return capable;
  if (!isTrainable(model) || typeof model.accumulate !== 'function') return 'the created model has no "accumulate"';
  if (!BATCHES.includes(model.batches))
    return `the created model has "batches" ${shown(model.batches)}; expected one of ${BATCHES.join(', ')}`;
  if (model.batches === 'pairs' && !spec.capabilities.includes('weights'))
    return 'it trains on pairs, which are sampled by the weights of interactions, but it does not declare the capability "weights"';
  const names = model.parameters.map((p) => p?.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return `the created model has two parameters called ${shown(twice)}`;
  return parametersProblem(model.parameters, kernels);
}

/** What is wrong with the parameters of a model or a method. Undefined if nothing is. */
export const parametersProblem = (parameters: readonly Optimized[], kernels: Kernels): string | undefined =>
  parameters.map(parameterProblem).find((problem) => problem !== undefined) ?? memoryProblem(parameters, kernels);

/** The optimiser updates parameters by kernels, each by its own gradient. */
function memoryProblem(parameters: readonly Optimized[], kernels: Kernels): string | undefined {
  const probe = kernels.floats(1);
  const arrays = parameters.flatMap(({ name, values, gradient }) => [
    { array: values, words: `the values of "${name}"` },
    { array: gradient, words: `the gradient of "${name}"` },
  ]);
  const shared = probe.buffer instanceof SharedArrayBuffer;
  const foreign = arrays.find(
    ({ array }) => array.constructor !== probe.constructor || (shared && array.buffer !== probe.buffer),
  );
  kernels.free(probe);
  if (foreign) return `expected ${foreign.words} in kernel memory; make arrays with floats() of the given kernels`;
  for (const [at, { array, words }] of arrays.entries()) {
    const other = arrays.slice(0, at).find((before) => overlap(before.array, array));
    if (other) return `${words} and ${other.words} are the same memory`;
  }
  return undefined;
}

const overlap = (a: Floats, b: Floats): boolean =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;

/** A declared capability needs the functions that implement it. */
function capabilityProblem({ capabilities }: ModelSpec, model: Model): string | undefined {
  if (capabilities.includes('factors') && !model.factors && !model.tables)
    return 'it declares the capability "factors", but the created model has neither "factors" nor "tables"';
  if (capabilities.includes('histories') && typeof model.histories?.score !== 'function')
    return 'it declares the capability "histories", but the created model has no "histories" with a function "score"';
  if (!capabilities.includes('histories') && model.histories)
    return 'the created model has "histories", but it does not declare the capability "histories"';
  if (!capabilities.includes('scores') || model.factors) return undefined;
  const { learnPairs, scorePairs } = { learnPairs: undefined, scorePairs: undefined, ...model };
  return learnPairs && scorePairs
    ? undefined
    : 'it declares the capability "scores", but the created model has neither "factors" nor "learnPairs" and "scorePairs"';
}

function parameterProblem(p: Optimized): string | undefined {
  const fields = fieldProblem(p ?? {}, { name: 'text', shape: 'list', values: 'object', gradient: 'object' });
  if (fields !== undefined) return `a parameter is incomplete: ${fields}`;
  const numbers = p.shape.reduce((product, n) => product * n, 1);
  if (numbers !== p.values.length)
    return `the parameter "${p.name}" has ${p.values.length} values, but its shape [${p.shape.join(', ')}] has ${numbers}`;
  return p.gradient.length === p.values.length
    ? undefined
    : `the parameter "${p.name}" has ${p.values.length} values, but a gradient of ${p.gradient.length}`;
}

/** @throws RecdistillError `broken-unit` if the tables do not fit the model's users and items */
export function checkTables(model: Model, tables: Tables): Tables {
  const { dim } = tables;
  for (const [field, rows] of [
    ['userFactors', model.nUsers],
    ['itemFactors', model.nItems],
  ] as const) {
    const { length } = tables[field];
    if (length !== rows * dim)
      brokenModel(model.name, `its tables have ${length} values in "${field}"; expected ${rows} x ${dim}`);
  }
  return tables;
}

/** @throws RecdistillError `broken-unit` naming the user and the item of a score that is not a number */
export function checkScores(model: Model, users: Int32Array, scores: ArrayLike<number>): void {
  const { nItems } = model;
  for (let at = 0; at < users.length * nItems; at++) {
    if (!Number.isNaN(scores[at]!)) continue;
    refuseScore(model, `user ${users[Math.floor(at / nItems)]} and item ${at % nItems}`);
  }
}

/** Checks tables whose inner products are the scores. @throws RecdistillError `broken-unit` */
export function checkFactors(model: Model, { userFactors, itemFactors, dim }: Tables): void {
  for (const [who, table] of [
    ['user', userFactors],
    ['item', itemFactors],
  ] as const) {
    for (let at = 0; at < table.length; at++)
      if (!Number.isFinite(table[at]!)) refuseScore(model, `${who} ${Math.floor(at / dim)}`);
  }
}

const refuseScore = (model: Model, where: string): never =>
  brokenModel(
    model.name,
    `its score of ${where} (counted from 0) is not a number`,
    'Check its divisions and logarithms. For a trained model, lower learningRate or raise l2.',
  );
