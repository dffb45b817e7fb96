import { float, int, optionalInt } from '../../options/options.js';

/** Options of the curriculum along the trajectories of teachers, for every method that has one. */
export const curriculumShape = {
  trajectoryLength: optionalInt({
    min: 1,
    max: 1000,
    help: "Number of checkpoints used of each teacher's trajectory, evenly spaced and including the last. Default: all, or 1 for a student that continues from a bundle.",
  }),
  discrepancyK: int({
    default: 50,
    min: 1,
    max: 1000,
    help: 'Length of the lists that are compared to decide on the next checkpoint.',
  }),
  alpha: float({
    default: 1.05,
    above: 0,
    max: 100,
    help: 'Initial threshold on the ratio of discrepancies, above which a user advances to the next checkpoint.',
  }),
  decay: float({ default: 0.995, above: 0, max: 1, help: 'Factor by which the threshold decreases per period.' }),
  period: int({ default: 10, min: 1, max: 10_000, help: 'Epochs between two knowledge constructions.' }),
};
