/** The same budget for every method: what it declares and the student's learning rate and l2 are searched on valid, by as many trials for each. */
import { join } from 'node:path';
import type { Dataset } from '../../../data/index.js';
import { isCoTrained, type MethodSpec, methodOf, type Pair } from '../../../distill/index.js';
import { createEvaluator } from '../../../eval/index.js';
import type { Kernels } from '../../../kernels/index.js';
import { modelOf } from '../../../models/index.js';
import { logRange, type SearchSpace, type SearchValue } from '../../../options/index.js';
import { openRunFolder, readSavedModel, runJob, type SavedModel, splitOptions, usesOf } from '../../../runs/index.js';
import type { Teacher } from '../../../runs/outcome.js';
import { bestOf, openTrialLog, searchSubject, type Trial, type TuneEvent, taughtSubject } from '../../search/index.js';
import { dataOf, namedTeachers, startName } from '../plan.js';
import type { StudyEntry, StudyOptions } from './options.js';

/** What the search found for a method. */
export interface Tuned {
  readonly options: Readonly<Record<string, SearchValue>>;
  /** Best result on valid. */
  readonly valid: number;
  readonly trials: number;
  readonly epochs: number;
  readonly seconds: number;
}

/** Of the student, the same for all methods. */
const STUDENT = { learningRate: logRange(0.0005, 0.05), l2: logRange(1e-5, 0.1) };

/** A teacher of the first seed. */
export interface StudyTeacher extends Teacher {
  readonly name: string;
  readonly folder: string;
}

export interface SearchRequest {
  readonly options: StudyOptions;
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  readonly teachers: readonly StudyTeacher[];
  readonly runs: string;
  readonly overwrite: boolean;
  readonly listen?: (event: TuneEvent) => void;
  readonly signal?: AbortSignal;
}

/** @param entries the first of each method; its options hold in all trials. @throws RecdistillError as `tune` */
export async function searchMethods(
  entries: readonly StudyEntry[],
  request: SearchRequest,
): Promise<Readonly<Record<string, Tuned>>> {
  const tuned: Record<string, Tuned> = {};
  for (const entry of entries) {
    const found = await searchMethod(entry, request);
    if (found) tuned[entry.method] = found;
  }
  return tuned;
}

async function searchMethod(entry: StudyEntry, request: SearchRequest): Promise<Tuned | undefined> {
  const { options: o, dataset, kernels, runs, overwrite, listen, signal } = request;
  const method = methodOf(entry.method);
  const spec = modelOf(o.student.model);
  const { model: _, ...student } = o.student;
  const seed = 'seed' in spec.options.shape ? { seed: o.seeds[0] } : {};
  const given = { ...seed, ...student, ...o.methods[entry.method], ...entry.options };
  const { modelOptions, methodOptions } = splitOptions(spec, method, given);
  const space = spaceOf(method, modelOptions, Object.keys(given));
  const teachers = method.needs.teachers === 'none' ? [] : namedTeachers(entry.teachers, request.teachers);
  const pair = isCoTrained(method) ? await startPair(entry, teachers[0]!, modelOptions, request) : undefined;
  const evaluator = createEvaluator(dataset, o.evaluation);
  const { trials: __, ...rule } = o.tune;
  const run = openRunFolder(
    join(runs, o.name, 'tune', entry.method),
    {
      kind: 'tune',
      options: JSON.parse(
        JSON.stringify({
          ...rule,
          ...o.evaluation,
          model: spec.name,
          method: method.name,
          ...modelOptions,
          ...methodOptions,
          space,
        }),
      ),
      dataFingerprint: dataset.fingerprint,
      inputs: {
        ...Object.fromEntries(teachers.map((t, x) => [`teacher ${x + 1}: ${t.name}`, t.hash])),
        ...(pair ? { 'student before': pair.student.hash } : {}),
      },
    },
    { threads: kernels.threads, overwrite: overwrite && 'differing', ...usesOf([spec, method], modelOptions) },
  );
  try {
    const log = openTrialLog(run.path);
    const subject = taughtSubject({
      ...{ name: entry.method, dataset, kernels, evaluator, spec, method, given, space, halving: o.tune, teachers },
      ...(pair ? { pair } : {}),
    });
    if (Object.keys(space).length > 0)
      await searchSubject(subject, {
        options: o.tune,
        log,
        ...(listen ? { listen } : {}),
        ...(signal ? { signal } : {}),
      });
    return tunedOf(log.trials);
  } finally {
    run.close();
  }
}

/** The teacher, and the student that the pipeline of the first seed starts from: the run is shared with it. */
async function startPair(
  { name }: StudyEntry,
  teacher: StudyTeacher,
  options: Readonly<Record<string, unknown>>,
  { options: o, dataset, kernels, runs, overwrite, signal }: SearchRequest,
): Promise<Pair<SavedModel>> {
  const folder = join(runs, o.name, `seed${o.seeds[0]}`, startName(name));
  await runJob({
    ...{ dataset, kernels, folder, options, model: o.student.model, evaluation: o.evaluation, source: dataOf(o) },
    ...{ testCurve: o.testCurve, trajectory: { checkpoints: o.checkpoints, spread: o.spread } },
    overwrite: overwrite && 'differing',
    ...(signal ? { signal } : {}),
  });
  return { teacher: readSavedModel(teacher.folder), student: readSavedModel(folder) };
}

/** What the method declares; learning rate and weight decay of the student, too, where the method trains it from the beginning. */
function spaceOf(
  method: MethodSpec,
  modelOptions: Readonly<Record<string, unknown>>,
  fixed: readonly string[],
): SearchSpace {
  const student = isCoTrained(method) ? [] : Object.entries(STUDENT).filter(([name]) => name in modelOptions);
  const whole = [...Object.entries(method.search ?? {}), ...student];
  return Object.fromEntries(whole.filter(([name]) => !fixed.includes(name)));
}

function tunedOf(trials: readonly Trial[]): Tuned | undefined {
  const best = bestOf(trials);
  if (!best) return undefined;
  const sum = (of: (t: Trial) => number) => trials.reduce((total, t) => total + of(t), 0);
  return {
    options: best.options,
    valid: best.value!,
    trials: trials.length,
    epochs: sum((t) => t.epochs),
    seconds: sum((t) => t.seconds),
  };
}
