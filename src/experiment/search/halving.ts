/**
 * Successive halving, asynchronous and by stopping (Li et al., A system for massively parallel hyperparameter tuning, MLSys 2020): a
 * trial is stopped at a rung unless its best result so far is within the best 1 / eta of all that came to that rung.
 */
import { flag, int, type OptionsOf, optionalInt, options } from '../../options/index.js';

export const halvingOptions = options({
  halving: flag({ default: true, help: 'Stop trials early that do worse than others did by the same epoch.' }),
  eta: int({
    default: 3,
    min: 2,
    max: 100,
    help: 'One trial of so many goes on past each rung; rungs are so many times apart.',
  }),
  minEpochs: optionalInt({
    min: 1,
    help: 'Epochs before a trial may be stopped: the first rung. Default: a twenty-seventh of all (1 / eta^3).',
  }),
});

export type HalvingOptions = OptionsOf<typeof halvingOptions>;

/** The best results by epoch of the rung, of one trial. */
export type RungValues = Readonly<Record<string, number>>;

/** The epochs at which trials are compared: minEpochs * eta^k, at the next evaluation, before the last epoch. */
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
 * True if a trial with the result `own` is to go on past a rung.
 * @param others what earlier trials had at that rung
 */
export function staysAlive(own: number, others: readonly number[], eta: number): boolean {
  const places = Math.max(1, Math.floor((others.length + 1) / eta));
  return others.filter((v) => v > own).length < places;
}

export interface Halving {
  /** What this trial had at the rungs that it came to. */
  readonly reached: RungValues;
  /** Called after each evaluation with the best result so far; true if the trial is to stop. */
  stops(epoch: number, best: number): boolean;
}

/** @param earlier the rung values of the trials before */
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
