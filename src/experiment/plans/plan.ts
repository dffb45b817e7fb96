/** What a pipeline is to do, as its file says, and the steps that follow from it. */
import { z } from 'zod';
import { dataOptions, type RankingOptions, rankingOptions } from '../../data/index.js';
import { importanceOptions } from '../../distill/ensemble/index.js';
import { isCoTrained, methodOf, methodRegistry } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { evaluationOptions } from '../../eval/evaluation.js';
import { modelOf, modelRegistry } from '../../models/index.js';
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
import { nameOfFile } from '../../runs/external.js';
import { capabilitiesOf, checkStudent, splitOptions, type TeacherProfile } from '../../runs/method.js';
import { trajectoryOptions } from '../../train/index.js';
import type { JobSpec, Setting } from '../engine/index.js';
import { presetOptions, readPreset } from '../presets/index.js';

const name = z
  .string()
  .regex(/^[\w][\w.-]*$/)
  .optional()
  .describe('Name of its run; default: the name of the model, the method or the file.');
const model = unitName(modelRegistry).describe('The model: its name, or in the library a model of your own.');

/** One model of the pipeline; further keys are options of the model (and, for a student, of its method). */
const entry = z.looseObject({ model, name });
/** A model, or a file of rankings that were made elsewhere; further keys are options of reading it. */
const teacherEntry = z.looseObject({
  model: model.optional(),
  rankings: z.string().optional().describe('File of rankings that were made elsewhere, instead of a model.'),
  name,
});
const studentEntry = entry.extend({
  method: unitName(methodRegistry)
    .default('hetcomp')
    .describe('The distillation method: its name, or in the library a method of your own.'),
  teachers: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Names of the teachers and students that it learns from; default: all teachers.'),
});

export const pipelineOptions = options({
  name: text({ default: 'pipeline', help: 'Folder of the runs, below the runs folder.' }),
  data: dataOptions.prefault({}).describe('Where the interactions come from and how they are filtered and split.'),
  evaluation: evaluationOptions.prefault({}).describe('How models are judged.'),
  setup: choice(['benchmark', 'generalization'], {
    default: 'benchmark',
    help: "benchmark: all learn from the same train part, and are tested. generalization: a share of each user's train interactions is hidden from all of them, and they are judged on these, too.",
  }),
  hiddenShare: float({
    default: 0.2,
    above: 0,
    max: 0.9,
    help: "Share of each user's train interactions that the setup generalization hides.",
  }),
  testCurve: flag({
    default: false,
    help: 'Judge on test at each evaluation as well, for the curves of the report; nothing is selected by it.',
  }),
  preset: optionalText({
    help: "Options that a search found, beneath those of baselines and teachers: a preset's name or file.",
  }),
  baselines: z.array(entry).default([]).describe('Models for comparison that do not teach.'),
  teachers: z.array(teacherEntry).min(1).describe('Models that teach, and files of rankings.'),
  students: z
    .array(studentEntry)
    .default([])
    .describe('Students, each with a method of distillation; none: only the teachers are trained.'),
  ensemble: importanceOptions.prefault({}).describe('How the ensemble that stands in the table is fused.'),
  ...trajectoryOptions.shape,
});

export type PipelineOptions = OptionsOf<typeof pipelineOptions>;

/** `start`: a student that learned alone, before it trains on together with a teacher. It has no row. */
export type Role = 'baseline' | 'teacher' | 'ensemble' | 'start' | 'co-trained teacher' | 'student';

/**
 * The pipeline with the options of its preset in the entries of baselines and teachers; what an entry says itself stays. Models that the
 * preset does not have keep their defaults.
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
 * How the data is loaded in this setup.
 * @throws RecdistillError `bad-option` if `data` hides something by itself
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

interface StepBase {
  readonly name: string;
  /** Where the options describe it, from their root on. */
  readonly at?: readonly (string | number)[];
}

/** A model that is trained or computed. */
export interface ModelStep extends StepBase {
  readonly kind: 'model';
  readonly role: Exclude<Role, 'ensemble' | 'co-trained teacher'>;
  readonly model: string;
  readonly method: string;
  /** Names of the teachers and students that it learns from; absent: all teachers. */
  readonly teachers?: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** A file of rankings, in which there may be several teachers. */
export interface RankingsStep extends StepBase {
  readonly kind: 'rankings';
  readonly role: 'teacher';
  readonly file: string;
  readonly options: RankingOptions;
}

export interface EnsembleStep extends StepBase {
  readonly kind: 'ensemble';
  readonly role: 'ensemble';
}

/** A teacher and a student that train on together; the runs are `<name>/teacher` and `<name>/student`. */
export interface CoTrainStep extends StepBase {
  readonly kind: 'co-train';
  readonly role: 'student';
  /** Name of the step that the student starts from. */
  readonly start: string;
  readonly method: string;
  /** Model of the student. */
  readonly model: string;
  /** Names of teachers, which must stand for exactly one; absent: the only one. */
  readonly teachers?: readonly string[];
  /** Of the method. */
  readonly options: Readonly<Record<string, unknown>>;
}

export type Step = ModelStep | RankingsStep | EnsembleStep | CoTrainStep;

/** The step, and the run, that the student of a co-trained method starts from. */
export const startName = (student: string): string => `${student}/start`;

/**
 * The steps in order: baselines, teachers, the ensemble of these, students. An option that both the model and a co-trained method of a student have, such as
 * `epochs`, holds for its start and for the joint training.
 * @throws RecdistillError for anything that is wrong with them and can be known before any data is read
 */
export function planOf(o: PipelineOptions): Step[] {
  const plan: Step[] = [
    ...o.baselines.map((e, at) => modelStep('baseline', e, ['baselines', at])),
    ...o.teachers.map(teacherStep),
    { kind: 'ensemble', role: 'ensemble', name: 'ensemble' },
    ...o.students.flatMap((e, at) => studentSteps(e, ['students', at])),
  ];
  checkStudents(plan, (step) => [step.name]);
  return plan;
}

/**
 * What a student cannot do is told before the first teacher is trained.
 * @param resultsOf names of the results that a step gives, as far as they are known
 * @throws RecdistillError `needs-not-met`, `unknown-name`
 */
export function checkStudents(plan: readonly Step[], resultsOf: (step: Step) => readonly string[]): void {
  const profiles = (role: Role) =>
    plan.flatMap((step) => (step.role === role ? resultsOf(step).map((name) => profileOf(name, step)) : []));
  const [teachers, students] = [profiles('teacher'), profiles('student')];
  for (const step of plan) {
    if (step.kind !== 'model' && step.kind !== 'co-train') continue;
    const own = step.method === 'none' ? [] : namedTeachers(step, teachers, students);
    checkStudent(modelOf(step.model), methodOf(step.method), own);
  }
}

/**
 * Those of the teachers and students that a step names, or all teachers. The name of a file of rankings that names its teachers stands for
 * all of these.
 * @throws RecdistillError `unknown-name`
 */
function namedTeachers<T extends { readonly name: string }>(
  { teachers: wanted, at }: Pick<ModelStep, 'teachers' | 'at'>,
  teachers: readonly T[],
  students: readonly T[],
): T[] {
  if (!wanted) return [...teachers];
  const all = [...teachers, ...students];
  const is = (name: string) => (t: T) => t.name === name || t.name.startsWith(`${name}/`);
  const stray = wanted.findIndex((name) => !all.some(is(name)));
  if (stray >= 0)
    fail('unknown-name', {
      kind: 'teacher in the pipeline',
      given: wanted[stray],
      known: all.map((t) => t.name).join(', '),
      ...(at ? { path: [...at, 'teachers', stray] } : {}),
    });
  return all.filter((t) => wanted.some((name) => is(name)(t)));
}

/** What is known of a teacher before it is trained or read. */
const profileOf = (name: string, step: Step): TeacherProfile => ({
  name,
  has: capabilitiesOf(step.kind === 'model' || step.kind === 'co-train' ? modelOf(step.model) : undefined),
});

/** The jobs of the steps, each under `prefix`. */
export function jobsOf(plan: readonly Step[], o: PipelineOptions, prefix = ''): JobSpec[] {
  const teachers = plan.filter((step) => step.role === 'teacher').map((step) => step.name);
  // Of a student that trained together with its teacher, the student teaches others.
  const resultOf = (name: string) =>
    `${prefix}${name}${plan.some((s) => s.kind === 'co-train' && s.name === name) ? '/student' : ''}`;
  return plan.map((step): JobSpec => {
    const base = { name: `${prefix}${step.name}`, ...(step.at ? { at: step.at } : {}) };
    if (step.kind === 'ensemble')
      return { ...base, kind: 'fuse', teachers: teachers.map(resultOf), options: o.ensemble };
    if (step.kind === 'rankings') {
      const { name: teacher, file, options } = step;
      return { ...base, kind: 'import', teachers: [], teacher, file, options };
    }
    const { model, method, options } = step;
    const wanted = (step.teachers ?? teachers).map(resultOf);
    if (step.kind === 'model')
      return { ...base, kind: 'train', model, method, options, teachers: method === 'none' ? [] : wanted };
    const start = `${prefix}${step.start}`;
    return { ...base, kind: 'co-train', model, method, options, start, teachers: [...wanted, start] };
  });
}

/** What the jobs of a pipeline have in common. */
export const settingOf = (o: PipelineOptions): Setting => ({
  ...{ data: dataOf(o), evaluation: o.evaluation, testCurve: o.testCurve },
  trajectory: { checkpoints: o.checkpoints, spread: o.spread },
});

type Entry = z.output<typeof entry> & { readonly method?: string; readonly teachers?: readonly string[] | undefined };

function modelStep(role: ModelStep['role'], given: Entry, at: readonly (string | number)[]): ModelStep {
  const { model, name, method = 'none', teachers, ...rest } = given;
  splitOptions(modelOf(model), methodOf(method), rest);
  const named = name ?? (role === 'student' ? `student-${method}` : model);
  const of = teachers ? { teachers } : {};
  return { kind: 'model', role, name: named, model, method, ...of, options: rest, at };
}

/** One step; of a co-trained method two: the student alone, then the teacher and the student together. */
function studentSteps(given: Entry, at: readonly (string | number)[]): Step[] {
  const { model, method: methodName = 'none', teachers, name: named, ...rest } = given;
  const method = methodOf(methodName);
  if (!isCoTrained(method)) return [modelStep('student', given, at)];
  const name = named ?? `student-${methodName}`;
  const spec = modelOf(model);
  // Checks all of them, and that none belongs to neither.
  splitOptions(spec, method, rest);
  const of = (shape: object) => Object.fromEntries(Object.entries(rest).filter(([option]) => option in shape));
  return [
    modelStep('start', { ...of(spec.options.shape), model, name: startName(name) }, at),
    {
      ...{ kind: 'co-train', role: 'student', name, start: startName(name), model, method: methodName, at },
      ...(teachers ? { teachers } : {}),
      options: of(method.options.shape),
    },
  ];
}

function teacherStep(given: z.output<typeof teacherEntry>, at: number): ModelStep | RankingsStep {
  const { model, rankings: file, name, ...rest } = given;
  if (model !== undefined && file === undefined)
    return modelStep('teacher', { ...rest, model, name }, ['teachers', at]);
  if (file === undefined || model !== undefined) {
    fail('bad-option', {
      option: `teachers.${at}`,
      owner: 'pipeline',
      given: JSON.stringify(given),
      expected: 'either a model or a file of rankings',
      help: 'For example { model: bpr-mf } or { rankings: mine.csv }.',
    });
  }
  const options = parseOptions(rankingOptions, rest, `the rankings of ${file}`);
  return { kind: 'rankings', role: 'teacher', name: name ?? nameOfFile(file), file, options, at: ['teachers', at] };
}
