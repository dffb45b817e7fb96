/**
 * Asynchronous successive halving by early stopping (Li et al., A system for massively parallel hyperparameter tuning, MLSys 2020): a
 * trial is stopped at a rung unless its best result so far is among the best 1 / eta of all trials that reached that rung.
 */
import { flag, int, type OptionsOf, optionalInt, options } from '../../options/index.js';

export const halvingOptions = options({
  halving: flag({ default: true, help: 'Stop trials early that are worse than others were at the same epoch.' }),
  eta: int({
    default: 3,
    min: 2,
    max: 100,
    help: 'One trial in eta continues past each rung. Each rung is eta times the one before.',
  }),
  minEpochs: optionalInt({
    min: 1,
    help: 'The first rung: epochs before a trial may be stopped. Default: the epochs of a trial / eta^3.',
  }),
});

export type HalvingOptions = OptionsOf<typeof halvingOptions>;

/** The best result of a trial at each rung, by epoch. */
export type RungValues = Readonly<Record<string, number>>;

/** The epochs at which trials are compared: minEpochs * eta^k, rounded up to the next evaluation, below the last epoch. */
export function rungsOf(
  training: { readonly epochs: number; readonly evaluateEvery: number },
  o: HalvingOptions,
): number[] {
  if (!o.halving) return [];
  const { epochs, evaluateEvery } = training;
  const rungs: number[] = [];
  for (let epoch = o.minEpochs ?? Math.ceil(epochs / o.eta ** 3); ; epoch *= o.eta) {
    const rung = Math.ceil(epoch / evaluateEvery) * evaluateEvery;
    if (rung >= epochs) return rungs;
    if (rung !== rungs.at(-1)) rungs.push(rung);
  }
}

/**
 * Whether a trial with the result `own` continues past a rung.
 * @param others results of earlier trials at that rung
 */
export function staysAlive(own: number, others: readonly number[], eta: number): boolean {
  const places = Math.max(1, Math.floor((others.length + 1) / eta));
  return others.filter((v) => v > own).length < places;
}

export interface Halving {
  /** Results of this trial at the rungs that it reached. */
  readonly reached: RungValues;
  /** Called after each evaluation with the best result so far. True stops the trial. */
  stops(epoch: number, best: number): boolean;
}

/** @param earlier the rung values of earlier trials */
export function createHalving(rungs: readonly number[], earlier: readonly RungValues[], eta: number): Halving {
  const reached: Record<string, number> = {};
  return {
    reached,
    stops(epoch, best) {
      const passed = rungs.filter((rung) => rung <= epoch && !(rung in reached));
      for (const rung of passed) reached[rung] = best;
      return passed.some(
        (rung) =>
          !staysAlive(
            best,
            earlier.flatMap((values) => values[rung] ?? []),
            eta,
          ),
      );
    },
  };
}
