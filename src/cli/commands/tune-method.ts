/** `tune` with a method: the teachers of every trial, and the `distill` command for the result. */
import type { DataOptions, LoadedDataset } from '../../data/index.js';
import { ensembleOption, isCoTrained, type MethodSpec, methodOf } from '../../distill/index.js';
import { fail } from '../../errors.js';
import type { EvaluationOptions } from '../../eval/index.js';
import type { Teachers } from '../../experiment/search/index.js';
import { modelOf } from '../../models/index.js';
import { optionalText, options, words } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import {
  checkEnsemble,
  checkStudent,
  planCoTraining,
  readingTeacher,
  readSavedModel,
  type Teacher,
  untrainedModel,
} from '../../runs/index.js';
import type { Console, Given } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { group, methodGroup, modelGroup } from '../terminal/groups.js';
import { startRun, trainStart } from './co-train.js';
import { quoted } from './job.js';
import { loadDataOf, type RunPlace, readEvaluation, readRun, runsGiven, teacherProfiles } from './runs.js';

export const teachersGroup = group(
  'Teachers',
  'tune',
  options({
    method: optionalText({
      help: 'Distillation method of every trial: MODEL is the student. Options of the method are searched, too.',
    }),
    teachers: words({ default: [], help: 'With --method: finished runs to distil from, by name or folder.' }),
    ensemble: ensembleOption,
    start: optionalText({
      help: 'For co-trained methods such as bd: finished run that the student starts from. Default: the student is first trained alone, as NAME-start.',
    }),
  }),
);

/** The setting of every trial, apart from its options. */
export interface MethodSearch {
  readonly method: MethodSpec;
  readonly teachers: Teachers;
  /** Folders of the teachers, or of the pair. */
  readonly folders: readonly string[];
  readonly data: DataOptions;
  readonly dataset: LoadedDataset;
  readonly evaluation: EvaluationOptions;
  /** The beginning of the `distill` command for the result. */
  readonly command: string;
}

/** Undefined without --method. @throws RecdistillError `usage`, `unknown-name`, `needs-not-met`, and as `runJob` for the student's start */
export async function methodSearch(given: Given, name: string, console: Console): Promise<MethodSearch | undefined> {
  const { method: methodName, teachers: names, start, ensemble } = readOptions(teachersGroup, given);
  if (methodName === undefined) {
    if (names.length === 0 && start === undefined && ensemble === 'equal') return undefined;
    return fail('usage', {
      problem: '--teachers, --ensemble and --start need --method',
      hint: 'For example --method hetcomp.',
    });
  }
  const method = methodOf(methodName);
  checkEnsemble(ensemble, method);
  const [model = '', ...others] = given.args;
  if (others.length > 0)
    fail('usage', {
      problem: `--method ${method.name} takes one student; ${given.args.length} models are given`,
      hint: 'Name one student.',
    });
  const places = runsGiven(given, names);
  const fromRun = start === undefined || !isCoTrained(method) ? undefined : startRun(start, given);
  const student = fromRun ? (await readRun(fromRun)).result.model : model;
  checkStudent(modelOf(student), method, await teacherProfiles(places));
  if (start !== undefined && !fromRun)
    fail('usage', { problem: `${method.name} has no --start`, hint: 'Only co-trained methods such as bd have it.' });
  const like = places[0] && (await readRun(places[0]));
  const evaluation = readEvaluation(like, given);
  const { data, dataset } = await loadDataOf(like, given, console.say);
  const from = [
    'distill',
    '--method',
    method.name,
    ...(names.length > 0 ? ['--teachers', quoted(names.join(','))] : []),
    ...(ensemble === 'equal' ? [] : ['--ensemble', ensemble]),
  ];
  const found = { method, data, dataset, evaluation };
  if (!isCoTrained(method)) {
    const teachers: (Teacher & { readonly name: string })[] = [];
    for (const { name, folder } of places) {
      const step = createProgress().task(`reading ${name}`);
      teachers.push({ ...(await runInParts(readingTeacher(folder), step)), name });
    }
    const folders = places.map(({ folder }) => folder);
    return { ...found, folders, teachers: { teachers, ensemble }, command: [...from, '--student', model].join(' ') };
  }
  const groups = { method: methodGroup(method.name), student: modelGroup(model), shared: [] };
  const teacher = readSavedModel(places[0]!.folder);
  const begin = async (): Promise<RunPlace> => {
    const untrained = untrainedModel(model, givenOf(groups.student.schema, given), dataset.fingerprint);
    planCoTraining(method, { teacher, student: untrained }, givenOf(method.options, given), dataset);
    return trainStart({ given, groups, student: model, dataset, data, evaluation }, `${name}-start`, console);
  };
  const place = fromRun ?? (await begin());
  const pair = { teacher, student: readSavedModel(place.folder) };
  const folders = [places[0]!.folder, place.folder];
  return { ...found, folders, teachers: { pair }, command: [...from, '--start', quoted(place.name)].join(' ') };
}
