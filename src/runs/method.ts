/** Options and needs of a model together with a distillation method. */

import { type Dataset, holdsOut } from '../data/index.js';
import {
  checkTogether,
  isCoTrained,
  type MethodSpec,
  type TeacherCapability,
  type TeacherKnowledge,
  type TeachingMethod,
} from '../distill/index.js';
import { fail } from '../errors.js';
import { type Capability, learnsPairs, type ModelSpec, modelRegistry } from '../models/index.js';
import { nearest } from '../nearest.js';
import type { DataSize } from '../options/from-data.js';
import { ownOptions, parseOptions } from '../options/options.js';
import type { Teacher } from './outcome.js';
import { refuseShards } from './sharded/refuse.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Divides options between the model and the method, checked and with defaults.
 * @param size of the data, for defaults that follow from it. Absent: the options are only checked
 * @throws RecdistillError `unknown-option` if neither has an option, `needs-not-met` for shards of a model that has none, `bad-option`, `broken-unit` if both have it with different types
 */
export function splitOptions(
  model: ModelSpec,
  method: MethodSpec,
  given: Values,
  size?: DataSize,
): { modelOptions: Values; methodOptions: Values } {
  checkTogether(model, method);
  const known = [...Object.keys(model.options.shape), ...Object.keys(method.options.shape)];
  const unmatched = Object.keys(given).find((name) => !known.includes(name));
  if (unmatched === 'shards') refuseShards(model);
  if (unmatched !== undefined) {
    const owner = method.name === 'none' ? model.name : `${model.name} with ${method.name}`;
    fail('unknown-option', {
      owner,
      option: unmatched,
      suggestion: nearest(unmatched, known),
      known: known.join(', '),
    });
  }
  const suited = suitedOptions(model, method, given);
  const modelOptions = parseOptions(model.options, suited, model.name, size) as Values;
  model.check?.(modelOptions);
  return {
    modelOptions,
    methodOptions: readMethodOptions(method, ownOptions(method.options, given), size),
  };
}

/** The given options of a model, over those of a student. */
export function suitedOptions(model: ModelSpec, method: MethodSpec, given: Values): Values {
  const own = model.kind === 'trained' && method.needs.teachers !== 'none' ? model.asStudent : {};
  return ownOptions(model.options, { ...method.studentDefaults, ...own, ...given });
}

/** The options of a method, checked and with its defaults. @throws RecdistillError `unknown-option`, `bad-option` */
export function readMethodOptions(method: MethodSpec, given: Values = {}, size?: DataSize): Values {
  const beneath = isCoTrained(method) ? method.defaultsFor?.(given) : {};
  const options = parseOptions(method.options, { ...beneath, ...given }, method.name, size) as Values;
  // Those of a co-trained method are checked together with the two models.
  if (!isCoTrained(method)) method.check?.(options);
  return options;
}

/** @throws RecdistillError `needs-not-met` for a method that trains two models */
export function teachingOnly(method: MethodSpec): TeachingMethod {
  if (!isCoTrained(method)) return method;
  return refuse(
    `${method.name} trains a teacher and a student together, but the job has one model`,
    'Use coTrain with the saved models of both.',
  );
}

/** What is known of a teacher before it is trained or read. */
export interface TeacherProfile {
  readonly name: string;
  readonly has: readonly TeacherCapability[];
  /** As its model declares. */
  readonly cannotTeach?: string | undefined;
}

/** @param model undefined: imported rankings */
export const profileOf = (name: string, model: ModelSpec | undefined): TeacherProfile => ({
  ...{ name, has: capabilitiesOf(model), cannotTeach: model?.cannotTeach },
});

/** The model of a finished run. Undefined for imported rankings, whose size is not known, and for a model that this program does not know. */
export const modelOfTeacher = ({
  parameters,
  trajectory,
}: Pick<Teacher, 'parameters' | 'trajectory'>): ModelSpec | undefined =>
  parameters === undefined ? undefined : modelRegistry.all().find((m) => m.name === trajectory.teacher);

/** @throws RecdistillError `needs-not-met` for a model that cannot teach */
export function checkTeaches(
  { name: method }: Pick<MethodSpec, 'name'>,
  { name, cannotTeach }: Pick<TeacherProfile, 'name' | 'cannotTeach'>,
): void {
  if (cannotTeach !== undefined)
    refuse(
      `${method} cannot learn from ${name}, because ${cannotTeach}`,
      'Leave this teacher out; it can be a baseline.',
    );
}

/** Capabilities of a finished run of this model as teacher. Undefined: imported rankings. */
export const capabilitiesOf = (model: ModelSpec | undefined): readonly TeacherCapability[] => [
  ...(model?.capabilities.includes('factors') ? (['embeddings'] as const) : []),
  ...(model && learnsPairs(model) ? (['parameters'] as const) : []),
];

/**
 * Checks without reading teachers: refuses a method that does not support this student or these teachers.
 * @throws RecdistillError `needs-not-met`
 */
export function checkStudent(model: ModelSpec, method: MethodSpec, teachers: readonly TeacherProfile[]): void {
  const { needs, name } = method;
  if (needs.teachers === 'none') {
    if (teachers.length > 0)
      refuse(
        `${name} takes no teachers; ${teachers.length} were given`,
        'Leave out the teachers, or choose another method.',
      );
    return;
  }
  const lacks = (m: ModelSpec) => needs.student.find((c) => !m.capabilities.includes(c));
  const able = modelRegistry
    .all()
    .filter((m) => m.kind === 'trained' && !lacks(m))
    .map((m) => m.name);
  const students = `Students for ${name}: ${able.join(', ')}.`;
  if (model.kind === 'computed') refuse(`${model.name} is a computed model and cannot be a student`, students);
  const missing = lacks(model);
  if (missing) refuse(`${name} needs a student with ${WORDS[missing]}, which ${model.name} does not have`, students);
  if (teachers.length === 0)
    refuse(`${name} needs teachers, but none were given`, 'Train teachers first and pass their runs with --teachers.');
  if (isCoTrained(method) && teachers.length > 1)
    refuse(
      `${name} trains one teacher and the student together; ${teachers.length} teachers were given`,
      `Name one of them: ${teachers.map((t) => t.name).join(', ')}.`,
    );
  for (const teacher of teachers) {
    checkTeaches(method, teacher);
    const wanted = needs.teacher.find((c) => !teacher.has.includes(c));
    if (!wanted) continue;
    const having = modelRegistry
      .all()
      .filter((m) => capabilitiesOf(m).includes(wanted))
      .map((m) => m.name);
    const given = teachers.filter((t) => t.has.includes(wanted)).map((t) => t.name);
    const rest =
      given.length > 0
        ? `Of the given teachers, ${given.join(', ')} ${given.length > 1 ? 'have' : 'has'} these: leave the others out`
        : 'None of the given teachers has these: give others';
    refuse(
      `${name} needs teachers with ${TEACHER_WORDS[wanted]}, which ${teacher.name} does not have`,
      `${rest}, or choose another method. Models with these: ${having.join(', ')}.`,
    );
  }
}

/**
 * The one place that decides whether a model can be evaluated on users who are held out whole: it needs scores for their histories.
 * @throws RecdistillError `needs-not-met`
 */
export function checkHeldOut({ name, capabilities }: ModelSpec, { foldIn }: Pick<Dataset, 'foldIn'>): void {
  if (!foldIn || capabilities.includes('histories')) return;
  const able = modelRegistry.all().filter((m) => m.capabilities.includes('histories'));
  const named = (specs: readonly ModelSpec[]) => specs.map((m) => m.name).join(', ');
  const students = able.filter((m) => m.kind === 'trained' && m.capabilities.includes('scores'));
  refuse(
    `the users of valid and test are held out whole (split users), and ${name} has no scores for the history of a user that it was not trained on`,
    `Choose a model that answers for histories: ${named(able)} (as students: ${named(students)}); or another --split, such as ratio.`,
  );
}

/**
 * Refuses to train without anything held out, unless the number of epochs is given: nothing could choose it.
 * @param given options of the model and the method, without defaults
 * @throws RecdistillError `needs-not-met`
 */
export function checkFixedEpochs(
  { name, kind }: ModelSpec,
  dataset: Pick<Dataset, 'name' | 'valid' | 'test'>,
  given: Values = {},
): void {
  if (holdsOut(dataset) || kind === 'computed' || given.epochs !== undefined) return;
  refuse(
    `${dataset.name} holds out nothing (ratios 1, 0, 0), so nothing can choose the number of epochs of ${name}`,
    'Give the number of epochs (--epochs), or hold out valid and test with --ratios, and add --final to train on all interactions afterwards.',
  );
}

/**
 * Refuses data that holds out nothing, for work that evaluates models.
 * @param what the work, such as `a study`
 * @throws RecdistillError `needs-not-met`
 */
export function expectHeldOut(dataset: Pick<Dataset, 'name' | 'valid' | 'test'>, what: string): void {
  if (holdsOut(dataset)) return;
  refuse(
    `${what} needs held-out interactions, and ${dataset.name} holds out nothing (ratios 1, 0, 0)`,
    'Choose --ratios such as 0.6,0.2,0.2. With --final the models are trained on all interactions afterwards.',
  );
}

/** Checks teachers and student, before any work. @throws RecdistillError `needs-not-met` */
export function checkNeeds(
  model: ModelSpec,
  method: MethodSpec,
  teachers: readonly TeacherKnowledge[],
  dataset: Dataset,
): void {
  checkHeldOut(model, dataset);
  const asked = method.needs.teacher.includes('embeddings');
  checkStudent(
    model,
    method,
    teachers.map((t) => ({ name: t.teacher, has: asked && t.tables ? ['embeddings' as const] : [] })),
  );
  for (const t of teachers) {
    if (t.checkpoints.length === 0)
      refuse(`teacher ${t.teacher} has no checkpoint`, 'A trajectory needs at least the best checkpoint.');
    if (t.dataFingerprint !== dataset.fingerprint) {
      refuse(
        `teacher ${t.teacher} was trained on other data (${t.dataFingerprint.slice(0, 12)}..., not ${dataset.fingerprint.slice(0, 12)}...)`,
        'Teachers and student need the same users, items and split: use the same data options.',
      );
    }
    const { nUsers, nItems } = dataset.train;
    const other = t.checkpoints.find(({ rankings: r }) => r.nUsers !== nUsers || r.nItems !== nItems)?.rankings;
    if (other) {
      refuse(
        `teacher ${t.teacher} ranks ${other.nItems} items for ${other.nUsers} users; the data set has ${nItems} and ${nUsers}`,
        'Train the teacher on this data set.',
      );
    }
  }
}

/** Teacher capabilities in the words of messages. */
export const TEACHER_WORDS: Readonly<Record<TeacherCapability, string>> = {
  embeddings: 'embeddings',
  parameters: 'parameters that can be trained further',
};

const WORDS: Readonly<Record<Capability, string>> = {
  factors: 'tables of users and items whose inner products are its scores',
  scores: 'scores that can be trained through',
  weights: 'use of the weights of interactions',
  histories: 'scores for histories of users that are not in train',
};

const refuse = (problem: string, hint: string): never => fail('needs-not-met', { problem, hint });
