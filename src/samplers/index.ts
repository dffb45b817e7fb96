/** The registry of samplers: one line adds one. */
import { fail } from '../errors.js';
import type { SamplerSpec } from './_sampler.js';
import { popularity } from './popularity.js';
import { uniform } from './uniform.js';

export const samplers: readonly SamplerSpec[] = [uniform, popularity];

/** @throws RecdistillError `unknown-name` */
export function samplerNamed(name: string): SamplerSpec {
  const found = samplers.find((s) => s.name === name);
  if (!found) fail('unknown-name', { kind: 'sampler', given: name, known: samplers.map((s) => s.name).join(', ') });
  return found;
}

export type { SamplerSpec } from './_sampler.js';
