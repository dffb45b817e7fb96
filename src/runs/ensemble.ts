/** The weights of the teachers of a run: chosen on valid before it trains, recorded in its folder, and read back when it continues. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/index.js';
import type { Rankings } from '../data/rankings.js';
import { defined } from '../defined.js';
import {
  chooseEnsemble,
  type EnsembleChoice,
  type EnsembleKind,
  ensembleOf,
  fuseInParts,
  type ImportanceOptions,
  type MethodSpec,
  type TeachingMethod,
} from '../distill/index.js';
import { usualImportance } from '../distill/one-ranking.js';
import { fail } from '../errors.js';
import { type Evaluator, LIST_LENGTH } from '../eval/evaluation.js';
import { readCheckedJson } from '../formats/index.js';
import { runInParts, type Step } from '../progress.js';
import { isPlainObject } from '../student/canonical-json.js';
import { jobFiles } from './finished.js';
import type { Teacher } from './outcome.js';
import type { JobRequest } from './request.js';
import type { RunFolder } from './run-folder.js';

/**
 * The rule that weighs teachers. Undefined if there is nothing to weigh: equal weights, or fewer than two teachers.
 * @throws RecdistillError `unknown-name`
 */
export function chosenKind(given: JobRequest['ensemble'], teachers: number): EnsembleKind | undefined {
  const kind = ensembleOf(given ?? 'equal');
  return kind.name === 'equal' || teachers < 2 ? undefined : kind;
}

/** Refuses weights for a method that has no teachers to weigh. @throws RecdistillError `unknown-name`, `needs-not-met` */
export function checkEnsemble(given: JobRequest['ensemble'], { name, needs }: MethodSpec): void {
  const kind = ensembleOf(given ?? 'equal');
  if (kind.name === 'equal' || (needs.teachers !== 'none' && needs.form !== 'co-trained')) return;
  fail('needs-not-met', {
    problem: `the method ${name} takes ${needs.teachers === 'none' ? 'no teachers' : 'one teacher'}, so the ensemble ${kind.name} has nothing to weigh`,
    hint: 'Leave out the ensemble, or choose a method for several teachers.',
  });
}

/** Weights are chosen on valid. @throws RecdistillError `needs-not-met` if the data has no valid part */
export function checkWeighing({ name }: EnsembleKind, { selects }: Pick<Evaluator, 'selects'>, dataset: Dataset): void {
  if (selects) return;
  fail('needs-not-met', {
    problem: `${dataset.name} has no valid part, on which the ensemble ${name} weighs its members`,
    hint: 'Split the data with a share for valid, or use equal weights.',
  });
}

/** A teacher as far as its weight depends on it. */
export type Weighable = Pick<Teacher, 'trajectory' | 'hash' | 'parameters' | 'tested'> & { readonly name?: string };

/**
 * The lists of a teacher as they are evaluated on valid. If users are held out whole, those of valid are among its test rankings, with only their
 * history masked; users of test have lists there, too, which valid does not read.
 */
export function validLists({ trajectory, tested }: Weighable, { foldIn }: Pick<Dataset, 'foldIn'>): Rankings {
  if (!foldIn) return trajectory.checkpoints.at(-1)!.rankings;
  if (tested) return tested();
  return fail('needs-not-met', {
    problem: `the teacher ${trajectory.teacher} has no lists for users who are held out whole`,
    hint: 'Give it as a finished run.',
  });
}

export interface WeighTask {
  readonly kind: EnsembleKind;
  readonly dataset: Dataset;
  readonly evaluator: Evaluator;
  readonly step: Step;
  /** How the lists are fused. */
  readonly importance: ImportanceOptions;
}

/** @throws RecdistillError `broken-unit`, `needs-not-met`, `interrupted` */
export const weighTeachers = (teachers: readonly Weighable[], task: WeighTask): Promise<EnsembleChoice> =>
  chooseEnsemble(
    teachers.map((t) => ({
      ...{ name: t.name ?? t.trajectory.teacher, lists: validLists(t, task.dataset) },
      ...defined({ parameters: t.parameters }),
    })),
    task.kind,
    task.importance,
    { valid: task.dataset.valid, evaluator: task.evaluator },
    task.step,
  );

/** The test lists of an ensemble. @param choice absent or of equal weights: each member counts once */
export function fuseTested(
  lists: readonly Rankings[],
  choice: EnsembleChoice | undefined,
  importance: ImportanceOptions,
  step: Step,
): Promise<Rankings> {
  const weights = choice && choice.kind !== 'equal' ? { weights: choice.members.map((m) => m.weight) } : {};
  const depth = Math.max(LIST_LENGTH, ...lists.map((l) => l.depth));
  return runInParts(fuseInParts(lists, importance, depth, weights), step);
}

/** How a method fuses the lists of these teachers. */
export const importanceOf = (
  { fuses }: Pick<TeachingMethod, 'fuses'>,
  methodOptions: Readonly<Record<string, unknown>>,
  teachers: readonly Weighable[],
): ImportanceOptions =>
  fuses?.(methodOptions) ??
  usualImportance(Math.max(...teachers.map((t) => t.trajectory.checkpoints.at(-1)!.rankings.depth)));

interface RunWeighing extends Omit<WeighTask, 'importance'> {
  readonly method: TeachingMethod;
  readonly methodOptions: Readonly<Record<string, unknown>>;
}

/** The weights that the run recorded; otherwise they are chosen, and recorded if there is a folder. @throws RecdistillError as `weighTeachers` */
export async function keptChoice(
  run: RunFolder | undefined,
  teachers: readonly Teacher[],
  task: RunWeighing,
): Promise<EnsembleChoice> {
  const recorded = run && recordedChoice(run, teachers);
  if (recorded) return recorded;
  const { method, methodOptions } = task;
  const choice = await weighTeachers(teachers, { ...task, importance: importanceOf(method, methodOptions, teachers) });
  run?.writeResult(jobFiles.ensemble, { ...choice, teachers: teachers.map((t) => t.hash) });
  return choice;
}

/** @throws RecdistillError `artifact-damaged` */
function recordedChoice(run: RunFolder, teachers: readonly Teacher[]): EnsembleChoice | undefined {
  const path = join(run.path, jobFiles.ensemble);
  if (!existsSync(path)) return undefined;
  const { teachers: hashes, ...choice } = readCheckedJson(path, { sealed: run.manifest.sealed }).value;
  const same = Array.isArray(hashes) && hashes.join() === teachers.map((t) => t.hash).join();
  if (same && isChoice(choice, teachers.length)) return choice;
  const hint = 'Restore the file, or delete it: the same command then chooses the weights again.';
  return fail('artifact-damaged', { path, problem: 'it does not have the weights of the teachers of this run', hint });
}

const isChoice = (value: object, count: number): value is EnsembleChoice =>
  'members' in value &&
  Array.isArray(value.members) &&
  value.members.length === count &&
  value.members.every((m) => isPlainObject(m) && typeof m.weight === 'number' && m.weight >= 0 && m.weight <= 1);

/** The weights in one line, for logs. */
export function choiceText({ kind, members }: EnsembleChoice): string {
  const used = members.filter((m) => m.weight > 0).map((m) => `${m.name} ${m.weight.toFixed(3)}`);
  const left = members.filter((m) => m.weight === 0).map((m) => m.name);
  return `weights of the teachers (${kind}, on valid): ${used.join(', ')}${left.length > 0 ? `; not chosen: ${left.join(', ')}` : ''}`;
}
