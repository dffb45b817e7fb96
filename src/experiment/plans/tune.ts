/**
 * Searches the best options of one or several models on valid, with the same number of trials for each. Finished trials are kept in a log.
 * A search that was stopped continues after the last of them and makes the same trials as without the stop. Each search is a job of its own.
 */
import { basename, join } from 'node:path';
import type { DataOptions } from '../../data/index.js';
import { defined } from '../../defined.js';
import { type EvaluationOptions, evaluationFor } from '../../eval/index.js';
import { writeAtomic } from '../../formats/index.js';
import { modelRegistry } from '../../models/index.js';
import { parseOptions } from '../../options/index.js';
import { checkStudent, modelOfTeacher, profileOf, type TeacherProfile } from '../../runs/index.js';
import { trajectoryOptions } from '../../train/index.js';
import {
  createGraph,
  type HeldResult,
  type PreparedGraph,
  prepareGraph,
  refuseFailures,
  type SearchJob,
} from '../engine/index.js';
import type { Preset } from '../presets/index.js';
import {
  type ModelPlan,
  type ModelSearch,
  plansOf,
  presetOf,
  resultOf,
  tuneOptions,
  type Wanted,
} from '../search/index.js';
import { type PlanContext, runPrepared } from './context.js';

export interface TuneRequest extends Wanted, PlanContext {
  readonly evaluation?: Partial<EvaluationOptions>;
  /** Folder of the searches in `runs`, with one folder for each model: `NAME/MODEL`. Default: `tune-MODEL-...`. */
  readonly name?: string;
  /** How the data set was loaded, so that other processes can load it. */
  readonly data?: Partial<DataOptions>;
  /** Folders of the runs of the teachers, or of the pair, in order, so that other processes can read them. */
  readonly folders?: readonly string[];
}

export interface TuneResult {
  readonly searches: readonly ModelSearch[];
  /** The best options of each model. Absent for a search with a method: presets have no options of methods. */
  readonly preset?: Preset;
}

export interface PreparedTune {
  readonly name: string;
  readonly evaluation: EvaluationOptions;
  readonly plans: readonly ModelPlan[];
  readonly prepared: PreparedGraph;
}

/**
 * @throws RecdistillError `bad-space`, `unknown-name`, `unknown-option`, `bad-option`, `usage`, `needs-not-met`, `preset-differs`,
 *   `artifact-damaged`
 */
export async function prepareTune(request: TuneRequest): Promise<PreparedTune> {
  const { data, ensemble } = request;
  const rule = parseOptions(tuneOptions, request.options, 'tune');
  const evaluation = evaluationFor(request.evaluation, request.dataset.train);
  const plans = plansOf(request, rule);
  const name = request.name ?? `tune-${plans.map(({ spec }) => spec.name).join('-')}`;
  for (const { spec, method } of plans) if (method) checkStudent(spec, method, profilesOf(request));
  const held = heldOf(request);
  const start = request.pair ? { start: STUDENT } : {};
  const jobs = plans.map(
    ({ spec, method, space, fixed }): SearchJob => ({
      ...{ kind: 'search', name: spec.name, subject: spec.name, model: spec.name, method: method?.name ?? 'none' },
      ...{ options: fixed, space, rule, teachers: held.map((h) => h.name), ...start },
      ...(ensemble === undefined ? {} : { ensemble }),
    }),
  );
  const trajectory = parseOptions(trajectoryOptions, {}, 'trajectory');
  const graph = createGraph(
    name,
    { evaluation, trajectory, ...(data ? { data } : {}) },
    jobs,
    held.map((h) => h.name),
  );
  return { name, evaluation, plans, prepared: await prepareGraph(graph, { ...request, held }) };
}

const [TEACHER, STUDENT] = ['the teacher', 'the student'] as const;

/** What the trials learn from. Numbers make the names unique. */
function heldOf({ teachers = [], pair, folders }: TuneRequest): HeldResult[] {
  const held = pair
    ? [
        { name: TEACHER, hash: pair.teacher.hash, saved: pair.teacher },
        { name: STUDENT, hash: pair.student.hash, saved: pair.student },
      ]
    : teachers.map((teacher, at) => ({ name: `${at + 1}: ${teacher.name}`, hash: teacher.hash, teacher }));
  return held.map((one, at) => ({ ...one, ...defined({ folder: folders?.[at] }) }));
}

const profilesOf = ({ teachers = [], pair }: TuneRequest): TeacherProfile[] =>
  pair
    ? [
        profileOf(
          pair.teacher.model,
          modelRegistry.all().find((m) => m.name === pair.teacher.model),
        ),
      ]
    : teachers.map((t) => ({
        ...profileOf(t.name, modelOfTeacher(t)),
        has: t.tables || t.historyTables ? ['embeddings'] : [],
      }));

/**
 * @throws RecdistillError as `prepareTune`, before any trial; `run-locked`, `run-differs`, `run-format`, `artifact-damaged`, `write-failed`,
 *   `interrupted`
 */
export async function tune(request: TuneRequest): Promise<TuneResult> {
  const { name, evaluation, plans, prepared } = await prepareTune(request);
  const result = await runPrepared(prepared, request);
  refuseFailures(result, plans.length);
  const searches = plans.map((plan) => resultOf(plan, result.trials.get(plan.spec.name)!));
  if (plans.some((plan) => plan.method)) return { searches };
  const preset = presetOf(basename(name), request.dataset, evaluation.selectBy, plans, searches);
  if (request.runs !== undefined)
    writeAtomic(join(request.runs, name, 'preset.json'), `${JSON.stringify(preset, null, 2)}\n`);
  return { searches, preset };
}
