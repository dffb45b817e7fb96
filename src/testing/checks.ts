/** Checks, data and batches that several contracts share. */
import assert from 'node:assert/strict';
import { type Dataset, type Interactions, loadDataset } from '../data/index.js';
import { RecdistillError } from '../errors.js';
import { createKernels, type Kernels } from '../kernels/index.js';
import type { Batch, Parameter } from '../models/index.js';
import { describeOptions, type OptionsSchema } from '../options/index.js';
import type { Values } from './small.js';

export interface ContractCase {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/** Small enough for finite differences, with users and items without interactions. */
export const smallTrain: Interactions = {
  nUsers: 7,
  nItems: 11,
  indptr: Int32Array.of(0, 3, 5, 5, 9, 10, 12, 13),
  indices: Int32Array.of(0, 2, 5, 1, 2, 0, 3, 5, 9, 4, 2, 9, 0),
};

/** The same with more items than lists, train items and samples of a user, so that items remain. */
export const manyItems: Interactions = { ...smallTrain, nItems: 25 };

/** Small, with long-tailed popularity like real data. */
export const contractData = (): Promise<Dataset> => loadDataset({ data: 'synthetic:60x80x900' });

/** Whole numbers in kernel memory. */
export const intsIn = (k: Kernels, values: readonly number[]): Int32Array =>
  Object.assign(k.ints(values.length), values);

/** A batch with repeated users and items, so that gradients must be summed. */
export function smallBatch(k: Kernels, kind: Batch['kind']): Batch {
  const place = { epoch: 2, index: 0 };
  if (kind === 'rows') return { kind, size: 4, users: intsIn(k, [3, 0, 2, 5]), ...place };
  if (kind === 'items') return { kind, size: 4, items: intsIn(k, [3, 0, 2, 9]), ...place };
  return {
    ...{ kind, size: 5, perPositive: 1, ...place },
    users: intsIn(k, [0, 3, 3, 5, 0]),
    positives: intsIn(k, [2, 9, 0, 2, 2]),
    negatives: intsIn(k, [4, 4, 2, 10, 7]),
  };
}

export const freeBatch = (k: Kernels, batch: Batch): void =>
  k.free(...Object.values(batch).filter((part) => part instanceof Int32Array));

/** Parameters start near 0, where gradients are small and some scores are equal. This moves them away from 0. */
export function spread(parameters: readonly Parameter[]): void {
  for (const p of parameters) for (let at = 0; at < p.values.length; at++) p.values[at]! += 0.3 * Math.sin(at + 1);
}

/** Fails unless `got` is within `tolerance`, or 1e-5 relative, of `expected`. */
export function near(got: number, expected: number, tolerance: number, what: string): void {
  const error = Math.abs(got - expected);
  assert.ok(error <= tolerance + 1e-5 * Math.abs(expected), `${what}: got ${got}, expected ${expected}`);
}

/** Values whose difference is taken one by one, if there are more. The others are in a direction through all of them. */
const MOST_VALUES = 60;

/** The places of up to `MOST_VALUES` of `n` values, spread evenly. */
const someOf = (n: number): number[] =>
  n <= MOST_VALUES
    ? Array.from({ length: n }, (_, at) => at)
    : [...new Set(Array.from({ length: MOST_VALUES }, (_, k) => Math.floor(n * ((k * 0.6180339887498949) % 1))))];

/** Central differences of `lossAt` for single values, by their place among the values of all parameters. */
function numericAt(parameters: readonly Parameter[], places: readonly number[], lossAt: () => number): number[] {
  const owners = parameters.flatMap(({ values }) => Array.from(values, (_, at) => ({ values, at })));
  return places.map((place) => {
    const { values, at } = owners[place]!;
    const value = values[at]!;
    const difference = differenceAt(lossAt, (h) => {
      values[at]! += h;
    });
    values[at] = value;
    return difference;
  });
}

/** Central differences of `lossAt` for every value of every parameter. */
export const numericGradients = (parameters: readonly Parameter[], lossAt: () => number): number[][] =>
  parameters.map((p) => numericAt([p], Array.from(p.values.keys()), lossAt));

/** A central difference. @param move adds to the values; moves that sum to 0 restore them up to rounding */
function differenceAt(lossAt: () => number, move: (h: number) => void): number {
  const h = 1e-5;
  move(h);
  const up = lossAt();
  move(-2 * h);
  const down = lossAt();
  move(h);
  return (up - down) / (2 * h);
}

const largestOf = (values: readonly number[]): number => Math.max(0, ...values.map(Math.abs));

/**
 * Fails unless the gradient matches finite differences of the loss: in each value of the parameters, or if there are many in some of them and in a
 * direction in which all of them change.
 * @param lossAt adds the gradients of the loss and returns it
 * @param what of the loss, for messages
 * @param factorOf the gradient over that of the loss, from the largest value of each; default: 1
 * @returns the largest value of the numeric gradients
 */
export function gradientsMatch(
  parameters: readonly Parameter[],
  lossAt: () => number,
  what: string,
  factorOf: (largest: number, numeric: number) => number = () => 1,
): number {
  lossAt();
  const gradient = parameters.flatMap((p) => Array.from(p.gradient));
  const names = parameters.flatMap((p) => Array.from(p.values, (_, at) => `${p.name}[${at}]`));
  const places = someOf(gradient.length);
  const numeric = numericAt(parameters, places, lossAt);
  const largest = largestOf(numeric);
  const factor = factorOf(largestOf(places.map((place) => gradient[place]!)), largest);
  const tolerance = 1e-6 * Math.max(1, largest);
  for (const [n, place] of places.entries())
    near(gradient[place]!, numeric[n]! * factor, tolerance, `gradient of ${names[place]}${what}`);
  if (places.length < gradient.length) {
    // Without a pattern that a mistake could share.
    const direction = gradient.map((_, at) => Math.sin(1 + at * at));
    const along = differenceAt(lossAt, (h) => {
      let at = 0;
      for (const p of parameters) for (let n = 0; n < p.values.length; n++) p.values[n]! += h * direction[at++]!;
    });
    const expected = gradient.reduce((sum, g, at) => sum + g * direction[at]!, 0);
    near(expected, along * factor, tolerance * Math.sqrt(gradient.length), `gradient along a direction${what}`);
  }
  return largest;
}

/** Fails unless `work` frees all kernel memory that it takes. */
export async function freesMemory(work: (k: Kernels) => Promise<void>): Promise<void> {
  const k = createKernels({ threads: 1, memoryLimit: 64e6 });
  // The first call allocates working memory that the kernels keep.
  await work(k);
  const before = k.bytesInUse;
  await work(k);
  assert.equal(k.bytesInUse, before);
  k.close();
}

/** Fails unless the bits of a result are identical with 1, 2, 3 and 4 threads. */
export async function sameAtAnyThreads(bitsOf: (threads: number) => Promise<string>): Promise<void> {
  const one = await bitsOf(1);
  for (const threads of [2, 3, 4])
    assert.ok((await bitsOf(threads)) === one, `${threads} threads gave different bits than 1`);
}

/** Each value of each choice among the options, as options. */
export const choicesOf = (options: OptionsSchema): Values[] =>
  describeOptions(options).flatMap(({ name, choices = [] }) => choices.map((value): Values => ({ [name]: value })));

/** Whether an error refuses something that is needed, with a message and a hint. */
export const refusesNeeds = (e: unknown): boolean =>
  e instanceof RecdistillError && e.code === 'needs-not-met' && / /.test(e.message) && / /.test(e.hint);
