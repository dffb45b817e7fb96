/** Where a search looks for the weight of a distillation loss. */
import { logRange, type Range } from '../options/search.js';

const TIMES = 30;

/** From a thirtieth to thirty times the default, each ratio as likely as any other. */
export const searchAround = (standard: number): Range => logRange(standard / TIMES, standard * TIMES);
