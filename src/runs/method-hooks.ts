/** Starts a method on a student. */

import type { Interactions } from '../data/interactions.js';
import { defined } from '../defined.js';
import {
  checkHooks,
  type MethodHooks,
  type MethodSpec,
  type TeacherKnowledge,
  type TeachingMethod,
} from '../distill/index.js';
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
  /** Weights of the teachers, which sum to 1. A teacher of weight 0 takes no part. Absent: they are equal. */
  readonly weights?: readonly number[] | undefined;
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
  const { method, weights, options: o, batchesPerEpoch, listen, progress } = t;
  const teachers = t.teachers.flatMap((teacher, at) => {
    const weight = weights?.[at];
    return weight === 0 ? [] : [withAllUsers(knowledgeOf(teacher, train, weight), train)];
  });
  const step = progress.task(`ranking for ${student.name}`);
  const hooks = await method.create(
    {
      ...{ kernels: k, student, train, teachers },
      ...{ batchSize: o.batchSize, batchesPerEpoch, seed: o.seed },
      rankStudent: (depth) =>
        rankAll(k, student, train, Math.min(depth, train.nItems), { step, ...defined({ users: train.trainUsers }) }),
      report: (epoch, details) => listen({ type: 'method', epoch, method: method.name, details }),
    },
    Object.freeze({ ...t.methodOptions }),
  );
  return checkedHooks(method, hooks, k);
}

/**
 * The bundle of a teacher has no users who are held out whole. Its table of users gets a row of zeros for each of them, so that rows are
 * numbered as in the data.
 */
function withAllUsers(teacher: TeacherKnowledge, { nUsers, trainUsers }: Interactions): TeacherKnowledge {
  // Without held-out users the tables are not read: those of a model of histories are computed when they are.
  if (!trainUsers) return teacher;
  const { tables } = teacher;
  if (!tables || tables.userFactors.length === nUsers * tables.dim) return teacher;
  const { dim, userFactors } = tables;
  const all = new Float32Array(nUsers * dim);
  trainUsers.forEach((user, row) => void all.set(userFactors.subarray(row * dim, (row + 1) * dim), user * dim));
  return { ...teacher, tables: { ...tables, userFactors: all } };
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
