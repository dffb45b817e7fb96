/** Searches of a study: for every method its search space and the learning rate and l2 of the student, with the same number of trials. */
import { isCoTrained, type MethodSpec, methodOf } from '../../../distill/index.js';
import { modelOf } from '../../../models/index.js';
import { logRange, type SearchSpace, type SearchValue } from '../../../options/index.js';
import { splitOptions } from '../../../runs/index.js';
import type { SearchJob } from '../../engine/index.js';
import { bestOf, effortOf, type Trial } from '../../search/index.js';
import { startName } from '../plan.js';
import type { StudyEntry, StudyOptions } from './options.js';
import { matchedOf } from './plan.js';

/** What the search found for a method. */
export interface Tuned {
  readonly options: Readonly<Record<string, SearchValue>>;
  /** The best value on valid, in the metric that selects. */
  readonly valid: number;
  readonly trials: number;
  readonly epochs: number;
  readonly seconds: number;
}

/** Search space of the student, the same for all methods. */
const STUDENT = { learningRate: logRange(0.0005, 0.05), l2: logRange(1e-5, 0.1) };

/** Name of the search for a method or a size-matched baseline. */
export const searchName = (method: string): string => `tune/${method}`;

/**
 * The searches of a study, one for each method, with the teachers of the first seed. If all searched options are given, there is no search.
 * @param teacherNames of all teachers
 * @param prefix of the jobs of that seed
 */
export function searchJobs(
  o: StudyOptions,
  entries: readonly StudyEntry[],
  teacherNames: readonly string[],
  prefix: string,
): SearchJob[] {
  // An entry without own options and with the teachers of the study is preferred to the first entry of the method.
  const plain = (e: StudyEntry) =>
    Object.keys(e.options).length === 0 && e.ensemble === 'given' && e.weights === undefined;
  const methods = [...new Set(entries.map((e) => e.method))];
  return methods.flatMap((name): SearchJob[] => {
    const own = entries.filter((e) => e.method === name);
    const entry = own.find(plain) ?? own[0]!;
    const method = methodOf(name);
    const spec = modelOf(o.student.model);
    const { model: _, ...student } = o.student;
    const seed = 'seed' in spec.options.shape ? { seed: o.seeds[0] } : {};
    const { ensemble, ...fixed } = o.methods[name] ?? {};
    const given = { ...seed, ...student, ...fixed, ...entry.options };
    const several = method.needs.teachers !== 'none' && !isCoTrained(method);
    const weights = entry.weights ?? ensemble ?? (several ? o.ensemble.weights : undefined);
    const { modelOptions } = splitOptions(spec, method, given);
    const space = spaceOf(method, modelOptions, Object.keys(given));
    if (Object.keys(space).length === 0) return [];
    const teachers = entry.teachers ?? teacherNames;
    const start = isCoTrained(method) ? `${prefix}${startName(entry.name)}` : undefined;
    const needed = method.needs.teachers === 'none' ? [] : teachers.map((t) => `${prefix}${t}`);
    return [
      {
        ...{ kind: 'search', name: searchName(name), subject: name, model: spec.name, method: name },
        ...{ options: given, space, rule: o.tune },
        ...(typeof weights === 'string' ? { ensemble: weights } : {}),
        ...(start === undefined ? { teachers: needed } : { teachers: [...needed, start], start }),
      },
    ];
  });
}

/** The searches of the size-matched baselines, with the seed of the first pipeline and the same number of trials as a method. */
export const matchedSearches = (o: StudyOptions, entries: readonly StudyEntry[]): SearchJob[] =>
  matchedOf(o, entries).flatMap(({ name, model, ...options }): SearchJob[] => {
    const spec = modelOf(model);
    const seed = 'seed' in spec.options.shape ? { seed: o.seeds[0] } : {};
    const given = { ...seed, ...options };
    const space = Object.fromEntries(Object.entries(spec.search).filter(([option]) => !(option in given)));
    if (Object.keys(space).length === 0) return [];
    return [
      {
        ...{ kind: 'search', name: searchName(name), subject: name, model: spec.name, method: 'none' },
        ...{ options: given, space, rule: o.tune, teachers: [] },
      },
    ];
  });

/** The search space of the method. Unless the student is trained before, also its learning rate and weight decay. */
function spaceOf(
  method: MethodSpec,
  modelOptions: Readonly<Record<string, unknown>>,
  fixed: readonly string[],
): SearchSpace {
  const student = isCoTrained(method) ? [] : Object.entries(STUDENT).filter(([name]) => name in modelOptions);
  const whole = [...Object.entries(method.search ?? {}), ...student];
  return Object.fromEntries(whole.filter(([name]) => !fixed.includes(name)));
}

export function tunedOf(trials: readonly Trial[]): Tuned | undefined {
  const best = bestOf(trials);
  if (!best) return undefined;
  return { options: best.options, valid: best.value!, trials: trials.length, ...effortOf(trials) };
}
