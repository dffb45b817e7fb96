/**
 * Size-matched baselines: the best models of a student's dim that are trained directly, without teachers. What distillation gains is the
 * lead over the best of them, not the lead over one weak model of that size.
 */
import { z } from 'zod';
import type { Dataset } from '../../data/index.js';
import { methodOf } from '../../distill/index.js';
import { fail } from '../../errors.js';
import type { ComparisonRow } from '../../eval/index.js';
import { type ModelName, type ModelSpec, modelOf, modelRegistry } from '../../models/index.js';
import { unitName } from '../../options/unit-option.js';

/** Models that stand beside every student, besides the student's own model: the strongest small ones under each loss. */
const DIRECT = ['ials', 'bpr-mf', 'mf'] as const;

/** A model with its options, as the file of a plan has it. */
export interface PlanEntry {
  readonly model?: string | ModelSpec | undefined;
  readonly name?: string | undefined;
  readonly method?: string | undefined;
  readonly [option: string]: unknown;
}

/** A size-matched baseline. */
export interface MatchedEntry extends PlanEntry {
  readonly model: string;
  readonly name: string;
}

const entry = z.looseObject({
  model: unitName<ModelName, ModelSpec>(modelRegistry).describe('A model whose scores are inner products.'),
  name: z
    .string()
    .regex(/^[\w][\w.-]*$/, 'letters, digits, "_", "-" and ".", not "." or "-" first')
    .optional()
    .describe('Name of its run; default: alone-MODEL-dimN.'),
});

/** Option of pipelines and studies. */
export const matchedOption = z
  .union([z.boolean(), z.array(entry)])
  .default(true)
  .describe(
    "Size-matched baselines: models of the students' dim, trained directly. true: ials, bpr-mf, mf with the softmax loss, and the student's own model, each with its defaults, and in a study with as many trials as a method. false: none. Or a list of models with options.",
  );

/** What the size-matched baselines of a plan follow from. */
export interface MatchedPlan {
  readonly matched: boolean | readonly PlanEntry[];
  readonly baselines: readonly PlanEntry[];
  readonly teachers: readonly PlanEntry[];
  readonly students: readonly PlanEntry[];
}

/**
 * The size-matched baselines of a plan: one of each model for each dim of its distilled students. A model that the plan trains in this dim
 * without a method anyway, as baseline, teacher or student, is not added again. A student without tables of its dim has none.
 * @param usable whether a model can be evaluated on the data; default: any
 */
export function matchedEntries(
  { matched, baselines, teachers, students }: MatchedPlan,
  usable: (model: ModelSpec) => boolean = () => true,
): MatchedEntry[] {
  if (matched === false) return [];
  if (matched !== true) return matched.map((e) => named(sized(e)));
  const direct = [...baselines, ...teachers, ...students.filter((e) => !isTaught(e))];
  const found = students.filter(isTaught).flatMap((student): MatchedEntry[] => {
    const dim = dimOf(student);
    if (dim === undefined) return [];
    const models = [...new Set([modelOf(student.model!).name, ...DIRECT])];
    const seed = student.seed === undefined ? {} : { seed: student.seed };
    return models.map((model) => named({ model, dim, ...(takesSeed(model) ? seed : {}) }));
  });
  return found.filter(
    (e, at) =>
      usable(modelOf(e.model)) &&
      found.findIndex((other) => other.name === e.name) === at &&
      !direct.some((other) => isSame(other, e)),
  );
}

/** Whether a size-matched baseline can be evaluated: users who are held out whole need a model of histories. */
export const usableOn =
  ({ foldIn }: Pick<Dataset, 'foldIn'>) =>
  ({ capabilities }: ModelSpec): boolean =>
    !foldIn || capabilities.includes('histories');

/** Dim of the tables of an entry's model. Undefined for a model whose scores are no inner products. */
export function dimOf({ model, dim }: PlanEntry): number | undefined {
  if (model === undefined) return undefined;
  const { capabilities, options } = modelOf(model);
  if (!capabilities.includes('factors') || !('dim' in options.shape)) return undefined;
  const defaults: Readonly<Record<string, unknown>> = options.parse({});
  const value = dim ?? defaults.dim;
  return typeof value === 'number' ? value : undefined;
}

const isTaught = ({ method = 'hetcomp' }: PlanEntry): boolean => methodOf(method).needs.teachers !== 'none';

const takesSeed = (model: string): boolean => 'seed' in modelOf(model).options.shape;

/** @throws RecdistillError `bad-option` for a model without tables of a dim */
function sized(e: PlanEntry): PlanEntry {
  if (dimOf(e) === undefined) {
    const able = modelRegistry.all().filter((m) => dimOf({ model: m.name }) !== undefined);
    fail('bad-option', {
      ...{ option: 'matched', owner: 'the plan', given: modelOf(e.model!).name },
      expected: `models with tables of a dim: ${able.map((m) => m.name).join(', ')}`,
      help: 'Name this one as a baseline.',
    });
  }
  return e;
}

function named(e: PlanEntry): MatchedEntry {
  const model = modelOf(e.model!).name;
  const dim = dimOf(e);
  return { ...e, model, name: e.name ?? `alone-${model}${dim === undefined ? '' : `-dim${dim}`}` };
}

/** Whether both are the same model of the same dim with the same loss. */
const isSame = (a: PlanEntry, b: PlanEntry): boolean =>
  a.model !== undefined &&
  modelOf(a.model).name === modelOf(b.model!).name &&
  dimOf(a) === dimOf(b) &&
  lossOf(a) === lossOf(b);

function lossOf({ model, loss }: PlanEntry): unknown {
  const defaults: Readonly<Record<string, unknown>> = modelOf(model!).options.parse({});
  return loss ?? defaults.loss;
}

/** A row of a result, as far as it is decided here. */
export interface SizedRow {
  readonly role: string;
  readonly name: string;
  readonly method?: string;
  /** Dim of its tables; absent for a model without. */
  readonly dim?: number;
}

/**
 * The best row of the student's dim that was trained without teachers: a size-matched baseline, another baseline, a teacher, or the student
 * without distillation. Undefined for such a row itself, and if there is none.
 * @param value of a row, larger is better. On test it is the strictest comparison: no other row of this size makes the gain smaller.
 */
export function bestDirect<R extends SizedRow>(
  student: R,
  rows: readonly R[],
  value: (row: R) => number,
): R | undefined {
  if (student.role !== 'student' || isDirect(student) || student.dim === undefined) return undefined;
  const rivals = rows.filter((r) => r.dim === student.dim && isDirect(r));
  return rivals.length === 0 ? undefined : rivals.reduce((a, b) => (value(b) > value(a) ? b : a));
}

/** A student compared with the best row of its dim that was trained without teachers. */
export interface Gain extends ComparisonRow {
  /** Name of that row. */
  readonly against: string;
}

/** The distilled students with the row that each is to be compared with. Students of one such row are together. @param value as of `bestDirect` */
export function withBestDirect<R extends SizedRow>(
  rows: readonly R[],
  value: (row: R) => number,
): { readonly base: R; readonly students: readonly R[] }[] {
  const pairs = rows.flatMap((student) => {
    const base = bestDirect(student, rows, value);
    return base ? [{ student, base }] : [];
  });
  return [...new Set(pairs.map((p) => p.base))].map((base) => ({
    base,
    students: pairs.filter((p) => p.base === base).map((p) => p.student),
  }));
}

const isDirect = ({ role, method = 'none' }: SizedRow): boolean =>
  method === 'none' && role !== 'ensemble' && role !== 'co-trained teacher';
