/** The weight of a distillation loss beside the loss of the student's own training. */
import { float } from '../options/options.js';
import { logRange, type Range } from '../options/search.js';

const TIMES = 30;

/** The option `lambda`. */
export const lossWeight = (standard: number) =>
  float({ default: standard, min: 0, max: 1e6, help: 'Weight of the distillation loss.' });

/** Its search range: from a thirtieth to thirty times the default, log-uniform. */
export const searchAround = (standard: number): Range => logRange(standard / TIMES, standard * TIMES);
