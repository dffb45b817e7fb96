/** Checks of a distillation method: its declaration when it is added, and its hooks when it starts. */

import type { Kernels } from '../kernels/index.js';
import { parametersProblem } from '../models/index.js';
import { describeOptions } from '../options/describe.js';
import { brokenUnit } from '../options/registry.js';
import { optionsProblem } from '../options/reserved.js';
import type { OptionsSchema } from '../options/schema.js';
import { fieldProblem, shown } from '../options/unit-check.js';
import type { KeptTable } from '../train/hooks.js';
import type { MethodHooks, MethodSpec, Needs } from './_method.js';

type Word<T> = T extends readonly (infer W)[] ? W & string : T & string;

/** Allowed values of each field of `needs`. The compiler checks that none is missing. */
const WORDS: { readonly [F in keyof Needs]: Readonly<Record<Word<Needs[F]>, true>> } = {
  teachers: { none: true, one: true, many: true },
  form: { frozen: true, trajectory: true, 'co-trained': true },
  base: { kept: true, replaced: true, either: true },
  student: { factors: true, scores: true, weights: true, histories: true },
  teacher: { embeddings: true, parameters: true },
};

/** What is wrong with a declaration, and in which field. Undefined if nothing is. */
export function methodProblem(spec: MethodSpec): string | undefined {
  const problem =
    fieldProblem(spec, {
      ...{ summary: 'text', source: 'text', needs: 'object', options: 'object', create: 'function' },
      ...{ studentDefaults: 'object?', small: 'object?', search: 'object?', check: 'function?' },
    }) ??
    optionsProblem(spec.options, spec.search) ??
    fieldProblem(spec.needs, { student: 'list', teacher: 'list' });
  if (problem !== undefined) return problem;
  for (const [field, words] of Object.entries(WORDS)) {
    const given = Object.keys(words);
    const value: unknown = new Map<string, unknown>(Object.entries(spec.needs)).get(field);
    const unmatched = [value].flat().find((word) => !given.some((known) => known === word));
    if (unmatched !== undefined || value === undefined)
      return `its field "needs.${field}" is ${shown(unmatched)}; expected ${Array.isArray(value) ? 'some' : 'one'} of ${given.join(', ')}`;
  }
  return spec.needs.form === 'co-trained'
    ? fieldProblem(spec, { learnerOptions: 'function', memory: 'function' })
    : undefined;
}

/** Returns the hooks of a method if they are complete. @throws RecdistillError `broken-unit` */
export function checkHooks({ name, needs }: MethodSpec, hooks: MethodHooks, kernels: Kernels): MethodHooks {
  const problem =
    typeof hooks === 'object' && hooks !== null
      ? (fieldProblem(hooks, {
          ...{ close: 'function', beforeEpoch: 'function?', prepare: 'function?', accumulate: 'function?' },
          ...{ afterEpoch: 'function?', parameters: 'list?', tables: 'list?', save: 'function?', load: 'function?' },
        }) ??
        baseProblem(needs, hooks) ??
        parametersProblem(hooks.parameters ?? [], kernels) ??
        tablesProblem(hooks.tables ?? []))
      : `it is ${shown(hooks)}`;
  if (problem === undefined) return hooks;
  return brokenUnit('method', name, `the result of create: ${problem}`);
}

/** They are stored in checkpoints. */
function tablesProblem(tables: readonly KeptTable[]): string | undefined {
  for (const table of tables) {
    const problem = fieldProblem(table ?? {}, { name: 'text', values: 'object' });
    if (problem !== undefined) return `a table is incomplete: ${problem}`;
    if (!ArrayBuffer.isView(table.values)) return `the values of its table "${table.name}" are no typed array`;
  }
  return undefined;
}

function baseProblem(needs: Needs, { base }: MethodHooks): string | undefined {
  const expected = needs.base === 'either' ? ['kept', 'replaced'] : [needs.base];
  return expected.includes(base)
    ? undefined
    : `its field "base" is ${shown(base)}; expected ${expected.join(' or ')}, as "needs.base" says`;
}

/**
 * A model and a method share one set of options, so an option that both declare must have the same type.
 * @throws RecdistillError `broken-unit` naming the option
 */
export function checkTogether(model: Named, method: Named): void {
  const both = Object.keys(method.options.shape).filter((option) => option in model.options.shape);
  if (both.length === 0) return;
  const kindIn = ({ options }: Named, option: string) =>
    describeOptions(options).find((row) => row.name === option)?.kind;
  for (const option of both) {
    const [of, other] = [kindIn(method, option), kindIn(model, option)];
    if (of === other) continue;
    const problem = `its option "${option}" has the type ${of}, but that of the model ${model.name} has the type ${other}`;
    brokenUnit('method', method.name, problem, 'Rename one of them.');
  }
}

interface Named {
  readonly name: string;
  readonly options: OptionsSchema;
}
