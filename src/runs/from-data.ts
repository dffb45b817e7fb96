/** What the defaults of a run depend on, and how it is said. */
import { count, type Dataset } from '../data/interactions.js';
import type { MethodSpec } from '../distill/index.js';
import type { ModelSpec } from '../models/index.js';
import { type DataSize, densityOf, ruleOf } from '../options/from-data.js';
import { suitedOptions } from './method.js';

type Values = Readonly<Record<string, unknown>>;

/** The size of the train part. Users who are held out whole do not count. */
export const dataSizeOf = ({ train }: Pick<Dataset, 'train'>): DataSize => ({
  nUsers: train.trainUsers?.length ?? train.nUsers,
  nItems: train.nItems,
  interactions: count(train),
});

/**
 * A sentence with the options whose defaults followed from the data, such as
 * `unobservedWeight 0.002403, l2 0.02265: from the data (5219 users x 25181 items, density 0.06 %)`.
 * Undefined if there are none.
 * @param given options of the run; these are left out
 * @param used all options of the run
 */
export function fromDataText(
  model: ModelSpec,
  method: MethodSpec,
  given: Values,
  used: Values,
  size: DataSize,
): string | undefined {
  const suited = suitedOptions(model, method, given);
  const found = [
    ...Object.entries(model.options.shape).filter(([name]) => suited[name] === undefined),
    ...Object.entries(method.options.shape).filter(([name]) => given[name] === undefined),
  ].flatMap(([name, option]) => (ruleOf(option) ? [`${name} ${String(used[name])}`] : []));
  if (found.length === 0) return undefined;
  const { nUsers, nItems } = size;
  const density = `${Number((100 * densityOf(size)).toPrecision(2))} %`;
  return `${[...new Set(found)].join(', ')}: from the data (${nUsers} users x ${nItems} items, density ${density})`;
}
