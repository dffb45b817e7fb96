/** A note for interaction weights that a model ignores. */
import type { Interactions } from '../data/index.js';
import { type ModelSpec, modelRegistry } from '../models/index.js';
import type { Listener } from '../train/index.js';

/** Emits a note if the interactions have weights and the model does not use them. */
export function tellUnusedWeights(
  { name, capabilities }: ModelSpec,
  { weights }: Interactions,
  listen: Listener,
): void {
  if (!weights || capabilities.includes('weights')) return;
  const able = modelRegistry
    .all()
    .filter((m) => m.capabilities.includes('weights'))
    .map((m) => m.name);
  const message = `${name} does not use the weights of interactions; all interactions count equally. Models that use weights: ${able.join(', ')}`;
  listen({ type: 'note', message });
}
