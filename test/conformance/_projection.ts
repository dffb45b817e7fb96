/** Projectors of the golden files: `W` and `b`, or `W1`, `b1`, `W2` and `b2`. */
import type { Projection, ProjectionOptions } from 'recdistill/distill';
import type { PairBatch } from 'recdistill/models';
import type { Inputs, Result } from './_checker.js';
import { readMatrix, readNumbers } from './inputs.js';
import { nestRows } from './matrix.js';

/** Values of the parameters by their names here. */
export type Projector = Readonly<Record<string, ArrayLike<number>>>;

/** Golden names of the parameters of a projection. */
const NAMES = [
  ['W', 'w'],
  ['b', 'b'],
  ['W1', 'w1'],
  ['b1', 'b1'],
  ['W2', 'w2'],
  ['b2', 'b2'],
] as const;

export const readProjector = (inputs: Inputs): Projector =>
  Object.fromEntries(
    NAMES.filter(([golden]) => inputs[golden] !== undefined && inputs[golden] !== null).map(([golden, own]) => [
      own,
      golden.startsWith('W') ? readMatrix(inputs, golden).values : readNumbers(inputs, golden),
    ]),
  );

export const optionsOf = (projector: Projector): ProjectionOptions => ({
  projectorBias: 'b' in projector,
  ...('b1' in projector ? { projectorHidden: projector.b1!.length } : {}),
});

export function fillProjection(projection: Projection, projector: Projector): void {
  for (const { name, values } of projection.parameters) values.set(projector[name.split('.').at(-1)!]!);
}

export function gradientsOf(projection: Projection, projector: Projector): { [name: string]: Result } {
  const found: { [name: string]: Result } = {};
  for (const [golden, own] of NAMES) {
    if (!(own in projector)) continue;
    const { gradient, shape } = projection.parameters.find((p) => p.name.endsWith(`.${own}`))!;
    found[`grad_${golden}`] = golden.startsWith('W') ? nestRows(Array.from(gradient), shape[1]!) : Array.from(gradient);
  }
  return found;
}

/** Projectors without gates ignore the batch. */
export const NO_BATCH: PairBatch = {
  ...{ kind: 'pairs', size: 0, perPositive: 1, epoch: 1, index: 0 },
  ...{ users: new Int32Array(0), positives: new Int32Array(0), negatives: new Int32Array(0) },
};
