/** Search range of the weight of a distillation loss. */
import { logRange, type Range } from '../options/search.js';

const TIMES = 30;

/** From a thirtieth to thirty times the default, log-uniform. */
export const searchAround = (standard: number): Range => logRange(standard / TIMES, standard * TIMES);
