/** The options of reading who has which items: those of data files about users and items, with the same words. */
import { type OptionsOf, options } from '../options/options.js';
import { dataOptions } from './options.js';

const { format, user, item, rating, minRating, header, delimiter, quote } = dataOptions.shape;
const { encoding, decimal, where, explode, trim, missing, badRows, table } = dataOptions.shape;

export const pairOptions = options({
  ...{ format, user, item, rating, minRating, header, delimiter, quote },
  ...{ encoding, decimal, where, explode, trim, missing, badRows, table },
});

/** Validated options of reading pairs, with defaults filled in. */
export type PairOptions = OptionsOf<typeof pairOptions>;
