/** Options and needs of a model together with a distillation method. */

import type { Dataset } from '../data/index.js';
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
import { ownOptions, parseOptions } from '../options/options.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Divides options between the model and the method, checked and with defaults.
 * @throws RecdistillError `unknown-option` if neither has an option, `bad-option`, `broken-unit` if both have it with different types
 */
export function splitOptions(
  model: ModelSpec,
  method: MethodSpec,
  given: Values,
): { modelOptions: Values; methodOptions: Values } {
  checkTogether(model, method);
  const known = [...Object.keys(model.options.shape), ...Object.keys(method.options.shape)];
  const unmatched = Object.keys(given).find((name) => !known.includes(name));
  if (unmatched !== undefined) {
    const owner = method.name === 'none' ? model.name : `${model.name} with ${method.name}`;
    fail('unknown-option', {
      owner,
      option: unmatched,
      suggestion: nearest(unmatched, known),
      known: known.join(', '),
    });
  }
  const own = model.kind === 'trained' && method.needs.teachers !== 'none' ? model.asStudent : {};
  const suited = ownOptions(model.options, { ...method.studentDefaults, ...own, ...given });
  const modelOptions = parseOptions(model.options, suited, model.name) as Values;
  model.check?.(modelOptions);
  return {
    modelOptions,
    methodOptions: readMethodOptions(method, ownOptions(method.options, given)),
  };
}

/** The options of a method, checked and with its defaults. @throws RecdistillError `unknown-option`, `bad-option` */
export function readMethodOptions(method: MethodSpec, given: Values = {}): Values {
  const beneath = isCoTrained(method) ? method.defaultsFor?.(given) : {};
  const options = parseOptions(method.options, { ...beneath, ...given }, method.name) as Values;
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
    const wanted = needs.teacher.find((c) => !teacher.has.includes(c));
    if (!wanted) continue;
    const having = modelRegistry
      .all()
      .filter((m) => capabilitiesOf(m).includes(wanted))
      .map((m) => m.name);
    refuse(
      `${name} needs teachers with ${TEACHER_WORDS[wanted]}, which ${teacher.name} does not have`,
      `Leave it out, or choose another method. Models with these: ${having.join(', ')}.`,
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
