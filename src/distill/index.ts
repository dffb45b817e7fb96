/** The registry of distillation methods. A new method is one line. */
import { createRegistry, type NameOr, type Registry } from '../options/registry.js';
import type { MethodSpec } from './_method.js';
import { bd } from './bd/bd.js';
import { cd } from './cd.js';
import { ce } from './ce.js';
import { methodProblem } from './check.js';
import { clDrd } from './cl-drd.js';
import { dcd } from './dcd/dcd.js';
import { de } from './de/de.js';
import { fitnet } from './fitnet/fitnet.js';
import { freqd } from './freqd/freqd.js';
import { hetcomp } from './hetcomp/hetcomp.js';
import { htd } from './htd/htd.js';
import { multiRrd } from './multi-rrd.js';
import { none } from './none.js';
import { pckd } from './pckd/pckd.js';
import { rceKd } from './rce-kd/rce-kd.js';
import { rd } from './rd.js';
import { rrd } from './rrd.js';
import { softmax } from './softmax/softmax.js';
import { unkd } from './unkd/unkd.js';

/** The built-in distillation methods by name. */
export const methods = {
  none,
  rd,
  cd,
  de,
  fitnet,
  freqd,
  htd,
  pckd,
  rrd,
  dcd,
  'cl-drd': clDrd,
  'multi-rrd': multiRrd,
  hetcomp,
  softmax,
  ce,
  'rce-kd': rceKd,
  unkd,
  bd,
} as const satisfies Record<string, MethodSpec>;

export type MethodName = keyof typeof methods;

/** Built-in methods and those that users add. */
export const methodRegistry: Registry<MethodSpec> = createRegistry<MethodSpec>(
  'method',
  'distillation method',
  methods,
  methodProblem,
);

/** The method of this name, or the method itself. @throws as `Registry.find` */
export const methodOf = (given: NameOr<MethodName> | MethodSpec): MethodSpec => methodRegistry.find(given);

export * from '../losses/hetcomp.js';
export * from './_method.js';
export { createBd } from './bd/hooks.js';
export { type BdLoss, type BdOptions, bdOptions } from './bd/options.js';
export { publishedMetrics } from './bd/published.js';
export * from './bd/weights.js';
export { checkHooks, checkTogether } from './check.js';
export * from './curriculum/knowledge.js';
export * from './dcd/weights.js';
export * from './de/expert-projection.js';
export * from './de/experts.js';
export * from './ensemble/index.js';
export * from './features/index.js';
export * from './freqd/index.js';
export * from './htd/topology.js';
export * from './pckd/draws.js';
export * from './pckd/preference.js';
export * from './rce-kd/items.js';
export * from './rce-kd/loss.js';
export { createTeacherLogits, type TeacherLogits } from './teacher-logits.js';
export * from './unkd/draws.js';
