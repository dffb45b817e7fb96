/** The experts of DE, and the temperature at which they are selected. */
import { float, int } from '../../options/options.js';

export const expertShape = {
  experts: int({ default: 30, min: 1, max: 1000, help: 'Number of experts for users, and for items.' }),
  temperature: float({
    default: 1,
    above: 0,
    max: 1e6,
    help: 'Temperature of the expert selection in the first epoch.',
  }),
  lastTemperature: float({
    default: 1e-10,
    above: 0,
    max: 1e6,
    help: 'Temperature of the expert selection at the end, when each user and item has one expert.',
  }),
  annealEpochs: int({
    default: 100,
    min: 1,
    max: 100_000,
    help: 'Epochs over which the temperature decreases exponentially from the first to the last value.',
  }),
};

export interface Annealing {
  readonly temperature: number;
  readonly lastTemperature: number;
  readonly annealEpochs: number;
}

/** @param epoch from 1 */
export function temperatureIn(epoch: number, o: Annealing): number {
  const way = Math.min(1, (epoch - 1) / o.annealEpochs);
  return o.temperature ** (1 - way) * o.lastTemperature ** way;
}
