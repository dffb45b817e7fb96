/** Which models can be computed in shards. */
import { fail } from '../../errors.js';
import { type ModelSpec, modelOf, modelRegistry } from '../../models/index.js';

const isSharded = (model: ModelSpec): boolean => model.kind === 'computed' && model.shards !== undefined;

/** Whether a model can be computed in shards. @throws RecdistillError `unknown-name` */
export const hasShards = (name: string): boolean => isSharded(modelOf(name));

/** @throws RecdistillError `needs-not-met` */
export function refuseShards({ name, kind }: Pick<ModelSpec, 'name' | 'kind'>): never {
  const able = modelRegistry.all().filter(isSharded);
  const why =
    kind === 'trained' ? 'every step of its training changes what the next one reads' : 'it has nothing to divide';
  return fail('needs-not-met', {
    problem: `${name} cannot be computed in shards, because ${why}`,
    hint: `Leave out the shards. Models with shards: ${able.map((model) => model.name).join(', ')}.`,
  });
}
