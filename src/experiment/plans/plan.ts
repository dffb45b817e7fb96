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
  teachers: z.array(z.string()).min(1).optional().describe('Names of the teachers that it learns from; default: all.'),
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

/** A model that is trained or computed. */
export interface ModelStep {
  readonly kind: 'model';
  readonly role: Exclude<Role, 'ensemble' | 'co-trained teacher'>;
  readonly name: string;
  readonly model: string;
  readonly method: string;
  /** Names of the teachers that it learns from; absent: all. */
  readonly teachers?: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Those of `options` that are the model's, checked and with defaults. */
  readonly modelOptions: Readonly<Record<string, unknown>>;
}

/** A file of rankings, in which there may be several teachers. */
export interface RankingsStep {
  readonly kind: 'rankings';
  readonly role: 'teacher';
  readonly name: string;
  readonly file: string;
  readonly options: RankingOptions;
}

export interface EnsembleStep {
  readonly kind: 'ensemble';
  readonly role: 'ensemble';
  readonly name: string;
}

/** A teacher and a student that train on together; the runs are `<name>/teacher` and `<name>/student`. */
export interface CoTrainStep {
  readonly kind: 'co-train';
  readonly role: 'student';
  readonly name: string;
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
    ...o.baselines.map((e) => modelStep('baseline', e)),
    ...o.teachers.map(teacherStep),
    { kind: 'ensemble', role: 'ensemble', name: 'ensemble' },
    ...o.students.flatMap(studentSteps),
  ];
  checkStudents(plan, plan.flatMap(profilesOf));
  const twice = plan.find((a, at) => plan.findIndex((b) => b.name === a.name) !== at);
  if (twice) {
    fail('usage', {
      problem: `two parts of the pipeline are called "${twice.name}"`,
      hint: 'Give one of them another name with "name:".',
    });
  }
  return plan;
}

/** What the last student cannot do is told before the first teacher is trained. @throws RecdistillError `needs-not-met` */
export function checkStudents(plan: readonly Step[], teachers: readonly TeacherProfile[]): void {
  for (const step of plan) {
    if (step.kind !== 'model' && step.kind !== 'co-train') continue;
    const own = step.method === 'none' ? [] : namedTeachers(step.teachers, teachers);
    checkStudent(modelOf(step.model), methodOf(step.method), own);
  }
}

/**
 * Those of the teachers that are named, or all. The name of a file of rankings that names its teachers stands for all of these.
 * @throws RecdistillError `unknown-name`
 */
export function namedTeachers<T extends { readonly name: string }>(
  wanted: readonly string[] | undefined,
  teachers: readonly T[],
): T[] {
  if (!wanted) return [...teachers];
  const is = (name: string) => (t: T) => t.name === name || t.name.startsWith(`${name}/`);
  const stray = wanted.find((name) => !teachers.some(is(name)));
  if (stray !== undefined)
    fail('unknown-name', {
      kind: 'teacher in the pipeline',
      given: stray,
      known: teachers.map((t) => t.name).join(', '),
    });
  return teachers.filter((t) => wanted.some((name) => is(name)(t)));
}

/** The teacher that a step will give, as far as it is known; a file may hold several. */
export function profilesOf(step: Step): TeacherProfile[] {
  if (step.role !== 'teacher') return [];
  return [{ name: step.name, has: capabilitiesOf(step.kind === 'model' ? modelOf(step.model) : undefined) }];
}

type Entry = z.output<typeof entry> & { readonly method?: string; readonly teachers?: readonly string[] | undefined };

function modelStep(role: ModelStep['role'], given: Entry): ModelStep {
  const { model, name, method = 'none', teachers, ...rest } = given;
  const { modelOptions } = splitOptions(modelOf(model), methodOf(method), rest);
  const named = name ?? (role === 'student' ? `student-${method}` : model);
  const of = teachers ? { teachers } : {};
  return { kind: 'model', role, name: named, model, method, ...of, options: rest, modelOptions };
}

/** One step; of a co-trained method two: the student alone, then the teacher and the student together. */
function studentSteps(given: Entry): Step[] {
  const { model, method: methodName = 'none', teachers, name: named, ...rest } = given;
  const method = methodOf(methodName);
  if (!isCoTrained(method)) return [modelStep('student', given)];
  const name = named ?? `student-${methodName}`;
  const spec = modelOf(model);
  // Checks all of them, and that none belongs to neither.
  splitOptions(spec, method, rest);
  const of = (shape: object) => Object.fromEntries(Object.entries(rest).filter(([option]) => option in shape));
  return [
    modelStep('start', { ...of(spec.options.shape), model, name: startName(name) }),
    {
      ...{ kind: 'co-train', role: 'student', name, start: startName(name), model, method: methodName },
      ...(teachers ? { teachers } : {}),
      options: of(method.options.shape),
    },
  ];
}

function teacherStep(given: z.output<typeof teacherEntry>, at: number): ModelStep | RankingsStep {
  const { model, rankings: file, name, ...rest } = given;
  if (model !== undefined && file === undefined) return modelStep('teacher', { ...rest, model, name });
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
  return { kind: 'rankings', role: 'teacher', name: name ?? nameOfFile(file), file, options };
}
