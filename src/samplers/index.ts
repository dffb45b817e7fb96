/** The registry of samplers: one line adds one. */
import { createRegistry, type NameOr, type Registry } from '../options/registry.js';
import { fieldProblem } from '../options/unit-check.js';
import type { SamplerSpec } from './_sampler.js';
import { popularity } from './popularity.js';
import { uniform } from './uniform.js';

/** The samplers of recdistill, by name. */
export const samplers = { uniform, popularity } as const satisfies Record<string, SamplerSpec>;

export type SamplerName = keyof typeof samplers;

/** Built-in samplers, and those that users add. */
export const samplerRegistry: Registry<SamplerSpec> = createRegistry<SamplerSpec>(
  'sampler',
  'sampler',
  samplers,
  (given) => fieldProblem(given, { summary: 'text', create: 'function' }),
  { draw: 'function', close: 'function' },
);

/** The sampler of this name, or the sampler itself. @throws as `Registry.find` */
export const samplerOf = (given: NameOr<SamplerName> | SamplerSpec): SamplerSpec => samplerRegistry.find(given);

export type { SamplerSpec } from './_sampler.js';
