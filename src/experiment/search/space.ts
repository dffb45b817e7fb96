/** Search spaces from files or objects, checked against the options of the models. */
import { z } from 'zod';
import type { MethodSpec } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { type ModelSpec, modelOf } from '../../models/index.js';
import { checkSpace, type Dimension, describeOptions, oneOf, range, type SearchSpace } from '../../options/index.js';

const choices = z.array(z.union([z.number(), z.string(), z.boolean()]));
const ends = z.strictObject({
  low: z.number(),
  high: z.number(),
  scale: z.enum(['linear', 'log']).default('linear'),
});
const spaces = z.record(z.string(), z.record(z.string(), z.union([choices, ends])));

/**
 * Search spaces as a file or an object describes them: `{ 'bpr-mf': { dim: [32, 64], l2: { low: 0.001, high: 0.1, scale: 'log' } } }`. For an
 * option that takes whole numbers a range has whole numbers only.
 * @param method distillation method of the models; its options may be in the spaces, too
 * @throws RecdistillError `unknown-name` for a model, `bad-space`
 */
export function parseSpaces(value: unknown, method?: MethodSpec): Readonly<Record<string, SearchSpace>> {
  const parsed = spaces.safeParse(value);
  if (!parsed.success) {
    const [owner = 'the models', option, ...rest] = parsed.error.issues[0]!.path.map(String);
    const problem = option
      ? `${[option, ...rest].join('.')} is neither a list nor a range`
      : 'it is not a group of options';
    fail('bad-space', { owner, option, problem, hint: EXAMPLE });
  }
  return Object.fromEntries(
    Object.entries(parsed.data).map(([model, dimensions]) => {
      const spec = modelOf(model);
      const rows = [spec, ...(method ? [method] : [])].flatMap((unit) => describeOptions(unit.options));
      const kinds = new Map(rows.map((row) => [row.name, row.kind]));
      const space = Object.entries(dimensions).map(([name, given]): [string, Dimension] => {
        if (Array.isArray(given)) return [name, oneOf(...given)];
        const { low, high, scale } = given;
        return [name, range(low, high, { scale, whole: kinds.get(name) === 'integer' })];
      });
      return [model, Object.fromEntries(space)];
    }),
  );
}

const EXAMPLE = 'Write for example "bpr-mf: { dim: [32, 64], l2: { low: 0.001, high: 0.1, scale: log } }".';

/** What has options to search: a model, a co-trained method, or a model with its distillation method. */
export type Searched = Pick<ModelSpec, 'name' | 'options' | 'search'>;

/**
 * The search space without the options that are fixed.
 * @param given replaces the model's own space
 * @throws RecdistillError `bad-space` if nothing is left to search, or if the model would refuse a point
 */
export function freeSpace(spec: Searched, given: SearchSpace | undefined, fixed: readonly string[]): SearchSpace {
  const whole = given ?? spec.search;
  const owner = spec.name;
  checkSpace(whole, spec.options, owner);
  const free = Object.entries(whole).filter(([name]) => !fixed.includes(name));
  if (free.length > 0) return Object.fromEntries(free);
  const names = Object.keys(whole);
  return names.length > 0
    ? fail('bad-space', {
        owner,
        problem: `every option to search is fixed: ${names.join(', ')}`,
        hint: 'Leave at least one of them free.',
      })
    : fail('bad-space', {
        owner,
        problem: 'it has nothing to tune',
        hint: `Leave ${owner} out, or name a space of its options.`,
      });
}
