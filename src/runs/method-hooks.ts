/** Starts a method on a student. */
import type { Interactions } from '../data/interactions.js';
import { checkHooks, type MethodHooks, type MethodSpec, type TeachingMethod } from '../distill/index.js';
import type { Kernels } from '../kernels/index.js';
import { rankAll, type TrainableModel, type TrainOptions } from '../models/index.js';
import { brokenUnit } from '../options/registry.js';
import type { Progress } from '../progress.js';
import { canonicalJson } from '../student/canonical-json.js';
import type { Listener } from '../train/index.js';
import { knowledgeOf, type Teacher } from './outcome.js';

export interface Teaching {
  readonly method: TeachingMethod;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  readonly teachers: readonly Teacher[];
  /** Training options of the student. */
  readonly options: TrainOptions;
  readonly batchesPerEpoch: number;
  readonly listen: Listener;
  readonly progress: Progress;
}

/** The hooks of a method for a student. */
export async function createMethodHooks(
  k: Kernels,
  student: TrainableModel,
  train: Interactions,
  t: Teaching,
): Promise<MethodHooks> {
  const { method, teachers, options: o, batchesPerEpoch, listen, progress } = t;
  const step = progress.task(`ranking for ${student.name}`);
  const hooks = await method.create(
    {
      ...{ kernels: k, student, train, teachers: teachers.map((t) => knowledgeOf(t, train)) },
      ...{ batchSize: o.batchSize, batchesPerEpoch, seed: o.seed },
      rankStudent: (depth) => rankAll(k, student, train, Math.min(depth, train.nItems), { step }),
      report: (epoch, details) => listen({ type: 'method', epoch, method: method.name, details }),
    },
    Object.freeze({ ...t.methodOptions }),
  );
  return checkedHooks(method, hooks, k);
}

/** The hooks of a method, checked now; what its `save` returns is checked whenever it is saved. @throws RecdistillError `broken-unit` */
export function checkedHooks(method: MethodSpec, given: MethodHooks, k: Kernels): MethodHooks {
  const hooks = checkHooks(method, given, k);
  const save = hooks.save?.bind(hooks);
  if (save)
    hooks.save = () => {
      const state = save();
      try {
        canonicalJson(state ?? null);
      } catch (cause) {
        const what = cause instanceof Error ? cause.message : String(cause);
        brokenUnit('method', method.name, `the state that save returned is not JSON: ${what}`);
      }
      return state;
    };
  return hooks;
}
