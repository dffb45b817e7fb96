/** Options of a pipeline, as its YAML file has them, and the steps that follow from them. */
import { z } from 'zod';
import { dataOptions, rankingOptions } from '../../data/index.js';
import {
  type EnsembleKind,
  type EnsembleName,
  ensembleOption,
  ensembleRegistry,
  importanceOptions,
} from '../../distill/ensemble/index.js';
import { isCoTrained, type MethodName, type MethodSpec, methodOf, methodRegistry } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { evaluationOptions } from '../../eval/evaluation.js';
import { type ModelName, type ModelSpec, modelOf, modelRegistry } from '../../models/index.js';
import {
  choice,
  flag,
  float,
  type OptionsOf,
  optionalText,
  options,
  parseOptions,
  text,
} from '../../options/options.js';
import { unitName } from '../../options/unit-option.js';
import { checkEnsemble } from '../../runs/ensemble.js';
import { nameOfFile } from '../../runs/external.js';
import { checkStudent, profileOf, splitOptions, type TeacherProfile } from '../../runs/method.js';
import { trajectoryOptions } from '../../train/index.js';
import { isResultOf, type JobSpec, type Setting } from '../engine/index.js';
import { presetOptions, readPreset } from '../presets/index.js';
import { checkFinal } from './final.js';
import { type MatchedEntry, matchedEntries, matchedOption } from './matched.js';

const name = z
  .string()
  .regex(/^[\w][\w.-]*$/, 'letters, digits, "_", "-" and ".", not "." or "-" first')
  .optional()
  .describe('Name of its run; default: the name of the model, the method or the file.');
const model = unitName<ModelName, ModelSpec>(modelRegistry).describe(
  'The model: its name, or in the library a model of your own.',
);

/** One model of the pipeline; further keys are options of the model (and, for a student, of its method). */
const entry = z.looseObject({ model, name });
/** A model or a file of rankings of an external teacher; further keys are options of the model or of reading the file. */
const teacherEntry = z.looseObject({
  model: model.optional(),
  rankings: z.string().optional().describe('File of rankings of an external teacher, instead of a model.'),
  name,
});
const studentEntry = entry.extend({
  method: unitName<MethodName, MethodSpec>(methodRegistry)
    .default('hetcomp')
    .describe('The distillation method: its name, or in the library a method of your own.'),
  teachers: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Names of the teachers and students to learn from; default: all teachers.'),
  ensemble: unitName<EnsembleName, EnsembleKind>(ensembleRegistry)
    .optional()
    .describe('How several teachers are weighed: equal, valid or greedy; default: as the ensemble of the pipeline.'),
});

export const pipelineOptions = options({
  name: text({ default: 'pipeline', help: 'Folder of the runs, below the runs folder.' }),
  data: dataOptions.prefault({}).describe('Where the interactions come from and how they are filtered and split.'),
  evaluation: evaluationOptions.prefault({}).describe('How models are evaluated.'),
  setup: choice(['benchmark', 'generalization'], {
    default: 'benchmark',
    help: "benchmark: all models are trained on the same train part and evaluated on test. generalization: a share of each user's train interactions is hidden from all models, which are evaluated on these, too.",
  }),
  hiddenShare: float({
    default: 0.2,
    above: 0,
    max: 0.9,
    help: "Share of each user's train interactions that the setup generalization hides.",
  }),
  testCurve: flag({
    default: false,
    help: 'Also evaluate on test at each evaluation, for the curves of the report. Nothing is selected on test.',
  }),
  final: flag({
    default: false,
    help: 'Train the student that is best on valid, and its teachers, again on all interactions when everything is finished. This final fit is not evaluated: it is the one to serve.',
  }),
  preset: optionalText({
    help: "Options that a search found, for baselines and teachers: a preset's name or file. Options of an entry take precedence.",
  }),
  baselines: z.array(entry).default([]).describe('Models for comparison; they are not teachers.'),
  teachers: z.array(teacherEntry).min(1).describe('Teachers: models, and files of rankings.'),
  students: z
    .array(studentEntry)
    .default([])
    .describe('Students, each with a distillation method. Without students, only baselines and teachers are trained.'),
  matched: matchedOption,
  ensemble: options({ weights: ensembleOption, ...importanceOptions.shape })
    .prefault({})
    .describe(
      'How the rankings of the teachers are combined into the ensemble. Students use the same weights, unless their entries have others.',
    ),
  ...trajectoryOptions.shape,
});

export type PipelineOptions = OptionsOf<typeof pipelineOptions>;

/**
 * `size-matched`: a model of the dim of a student, trained without teachers. `start`: a student that is trained alone, before it is trained together with a teacher. It has no row.
 */
export type Role = 'baseline' | 'teacher' | 'ensemble' | 'size-matched' | 'start' | 'co-trained teacher' | 'student';

/**
 * The pipeline with the options of its preset in the entries of baselines and teachers. Options of an entry take precedence. A model
 * without options in the preset keeps its defaults.
 * @throws RecdistillError as `readPreset`; `unknown-option`, `bad-option` if a model does not take what the preset says
 */
export function withPreset(o: PipelineOptions): PipelineOptions {
  if (o.preset === undefined) return o;
  const preset = readPreset(o.preset);
  const under = <T extends { readonly model?: string | undefined }>(entries: readonly T[]): T[] =>
    entries.map((e) => ({
      ...(e.model !== undefined && e.model in preset.models ? presetOptions(preset, modelOf(e.model)) : {}),
      ...e,
    }));
  return { ...o, baselines: under(o.baselines), teachers: under(o.teachers) };
}

/**
 * The options of the data, in the setup of the pipeline.
 * @throws RecdistillError `bad-option` if `data` sets `hiddenShare` itself
 */
export function dataOf({
  data,
  setup,
  hiddenShare,
}: Pick<PipelineOptions, 'data' | 'setup' | 'hiddenShare'>): PipelineOptions['data'] {
  if (data.hiddenShare > 0) {
    fail('bad-option', {
      option: 'data.hiddenShare',
      owner: 'pipeline',
      given: data.hiddenShare,
      expected: '"setup: generalization" instead',
      help: 'Write "setup: generalization", with "hiddenShare" beside it.',
    });
  }
  return setup === 'generalization' ? { ...data, hiddenShare } : data;
}

/** One part of a pipeline: its job, and what it is for. */
export interface Step {
  readonly role: Role;
  /** As the table shows it; the job's name without the prefix. */
  readonly name: string;
  /** Names of teachers and students, as the options give them; absent: all teachers. */
  readonly teachers?: readonly string[];
  readonly job: JobSpec;
}

/** Name of the step, and of the run, that the student of a co-trained method starts from. */
export const startName = (student: string): string => `${student}/start`;

/**
 * The steps in order: baselines, teachers, their ensemble, size-matched baselines, students. A student of a co-trained method has two steps: it is trained alone,
 * then together with its teacher. An option that both the model and the method have, such as `epochs`, applies to both steps.
 * @param prefix before the names of all jobs
 * @throws RecdistillError for anything that is wrong with the options and can be known before any data is read
 */
export function planOf(o: PipelineOptions, prefix = ''): Step[] {
  const baselines = o.baselines.map((e, at) => modelStep('baseline', e, ['baselines', at]));
  const teachers = o.teachers.map(teacherStep);
  const students = o.students.flatMap((e, at) => studentSteps(withWeights(e, o.ensemble.weights), ['students', at]));
  const ensemble: Step = {
    ...{ role: 'ensemble', name: 'ensemble' },
    job: { kind: 'fuse', name: 'ensemble', teachers: [], options: o.ensemble },
  };
  const matched = matchedEntries(o).map((e, at) => matchedStep(e, o.matched === true ? undefined : ['matched', at]));
  const steps = [...baselines, ...teachers, ensemble, ...matched, ...students];
  const coTrained = new Set(steps.filter(({ job }) => job.kind === 'co-train').map(({ name }) => name));
  const everyTeacher = teachers.map(({ name }) => name);
  const withTeachers = (step: Step): JobSpec => {
    const { job } = step;
    const name = prefix + step.name;
    if (job.kind === 'import' || ('method' in job && job.method === 'none')) return { ...job, name };
    // The result of a co-trained student is a part of its job.
    const own = (step.teachers ?? everyTeacher).map((t) => `${prefix}${t}${coTrained.has(t) ? '/student' : ''}`);
    if (job.kind !== 'co-train') return { ...job, name, teachers: own };
    const start = prefix + job.start;
    return { ...job, name, start, teachers: [...own, start] };
  };
  const plan = steps.map((step) => ({ ...step, job: withTeachers(step) }));
  checkStudents(plan, ({ name }) => [name]);
  if (o.final) checkFinal(plan);
  return plan;
}

/**
 * Checks that each student can learn by its method from its teachers.
 * @param resultsOf names of the results of a step, as far as they are known
 * @throws RecdistillError `needs-not-met`, `unknown-name`
 */
export function checkStudents(plan: readonly Step[], resultsOf: (step: Step) => readonly string[]): void {
  const profiles = (role: Role) =>
    plan.flatMap((step) =>
      step.role === role
        ? resultsOf(step).map((name) => profileOf(name, 'model' in step.job ? modelOf(step.job.model) : undefined))
        : [],
    );
  const [teachers, students] = [profiles('teacher'), profiles('student')];
  for (const step of plan) {
    if (!('model' in step.job)) continue;
    const { model, method } = step.job;
    const own = method === 'none' ? [] : namedTeachers(step, teachers, students);
    checkStudent(modelOf(model), methodOf(method), own);
  }
}

/**
 * The teachers and students that a step names, or all teachers. A file of rankings may hold several teachers: its name means all of them.
 * @throws RecdistillError `unknown-name`
 */
function namedTeachers(
  { teachers: wanted, job }: Step,
  teachers: readonly TeacherProfile[],
  students: readonly TeacherProfile[],
): TeacherProfile[] {
  if (!wanted) return [...teachers];
  const all = [...teachers, ...students];
  const unmatched = wanted.findIndex((name) => !all.some((t) => isResultOf(t.name, name)));
  if (unmatched >= 0)
    fail('unknown-name', {
      kind: 'teacher in the pipeline',
      given: wanted[unmatched],
      known: all.map((t) => t.name).join(', '),
      ...(job.at ? { path: [...job.at, 'teachers', unmatched] } : {}),
    });
  return all.filter((t) => wanted.some((name) => isResultOf(t.name, name)));
}

/** What the jobs of a pipeline have in common. */
export const settingOf = (o: PipelineOptions): Setting => ({
  ...{ data: dataOf(o), evaluation: o.evaluation, testCurve: o.testCurve },
  trajectory: { checkpoints: o.checkpoints, spread: o.spread },
});

type Entry = z.output<typeof entry> & {
  readonly method?: string;
  readonly teachers?: readonly string[] | undefined;
  readonly ensemble?: string | undefined;
};

/** A student with the weights of the pipeline's ensemble, if its method has several teachers and the entry names no weights. */
function withWeights(given: Entry, usual: string): Entry {
  const { needs } = methodOf(given.method ?? 'none');
  const weighs = needs.teachers !== 'none' && needs.form !== 'co-trained';
  return given.ensemble === undefined && weighs && usual !== 'equal' ? { ...given, ensemble: usual } : given;
}

function modelStep(role: Role, given: Entry, at: JobSpec['at']): Step {
  const { model, name: named, method = 'none', teachers, ensemble, ...options } = given;
  checkEnsemble(ensemble, methodOf(method));
  splitOptions(modelOf(model), methodOf(method), options);
  const name = named ?? (role === 'student' ? `student-${method}` : model);
  const weights = ensemble === undefined ? {} : { ensemble };
  const job: JobSpec = { kind: 'train', name, model, method, ...weights, options, teachers: [], at };
  return { role, name, ...(teachers ? { teachers } : {}), job };
}

function matchedStep({ model, name, ...options }: MatchedEntry, at: JobSpec['at']): Step {
  splitOptions(modelOf(model), methodOf('none'), options);
  return {
    ...{ role: 'size-matched', name },
    job: { kind: 'train', name, model, method: 'none', options, teachers: [], at },
  };
}

/** One step, or two for a co-trained method: the student alone, then the teacher and the student together. */
function studentSteps(given: Entry, at: JobSpec['at']): Step[] {
  const { model, method: methodName = 'none', teachers, name: named, ensemble, ...rest } = given;
  const method = methodOf(methodName);
  if (!isCoTrained(method)) return [modelStep('student', given, at)];
  checkEnsemble(ensemble, method);
  const name = named ?? `student-${methodName}`;
  const spec = modelOf(model);
  // Refuses options that neither the model nor the method has.
  splitOptions(spec, method, rest);
  const of = (shape: object) => Object.fromEntries(Object.entries(rest).filter(([option]) => option in shape));
  const start = startName(name);
  const options = of(method.options.shape);
  return [
    modelStep('start', { ...of(spec.options.shape), model, name: start }, at),
    {
      ...{ role: 'student', name, ...(teachers ? { teachers } : {}) },
      job: { kind: 'co-train', name, start, model, method: methodName, options, teachers: [], at },
    },
  ];
}

function teacherStep(given: z.output<typeof teacherEntry>, index: number): Step {
  const { model, rankings: file, name: named, ...rest } = given;
  const at = ['teachers', index];
  if (model !== undefined && file === undefined) return modelStep('teacher', { ...rest, model, name: named }, at);
  if (file === undefined || model !== undefined) {
    fail('bad-option', {
      option: `teachers.${index}`,
      owner: 'pipeline',
      given: JSON.stringify(given),
      expected: 'either a model or a file of rankings',
      help: 'For example { model: bpr-mf } or { rankings: mine.csv }.',
    });
  }
  const options = parseOptions(rankingOptions, rest, `the rankings of ${file}`);
  const name = named ?? nameOfFile(file);
  return { role: 'teacher', name, job: { kind: 'import', name, teacher: name, file, options, teachers: [], at } };
}
