/** The registry of distillation methods: one line adds one. */
import { fail } from '../errors.js';
import type { MethodSpec } from './_method.js';
import { cd } from './cd.js';
import { clDrd } from './cl-drd.js';
import { dcd } from './dcd/dcd.js';
import { de } from './de/de.js';
import { hetcomp } from './hetcomp/hetcomp.js';
import { multiRrd } from './multi-rrd.js';
import { none } from './none.js';
import { rd } from './rd.js';
import { rrd } from './rrd.js';

export const methods: readonly MethodSpec[] = [none, rd, cd, de, rrd, dcd, clDrd, multiRrd, hetcomp];

/** @throws RecdistillError `unknown-name` */
export function methodNamed(name: string): MethodSpec {
  const found = methods.find((d) => d.name === name);
  if (!found)
    fail('unknown-name', { kind: 'distillation method', given: name, known: methods.map((d) => d.name).join(', ') });
  return found;
}

export * from '../losses/hetcomp.js';
export * from './_method.js';
export * from './bd/bd.js';
export * from './bd/options.js';
export * from './bd/weights.js';
export * from './dcd/weights.js';
export * from './de/experts.js';
export * from './ensemble/index.js';
export * from './hetcomp/knowledge.js';
