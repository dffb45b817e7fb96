/** Options and needs of a model and a distillation method together. */

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
import { type OptionsSchema, parseOptions } from '../options/options.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Deals options out to the model and to the method, checked and with defaults.
 * @throws RecdistillError `unknown-option` for one that neither has, `bad-option`, `broken-unit` for an option that both have in different kinds
 */
export function splitOptions(
  model: ModelSpec,
  method: MethodSpec,
  given: Values,
): { modelOptions: Values; methodOptions: Values } {
  checkTogether(model, method);
  const of = (schema: OptionsSchema) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => name in schema.shape));
  const known = [...Object.keys(model.options.shape), ...Object.keys(method.options.shape)];
  const stray = Object.keys(given).find((name) => !known.includes(name));
  if (stray !== undefined) {
    const owner = method.name === 'none' ? model.name : `${model.name} with ${method.name}`;
    fail('unknown-option', { owner, option: stray, suggestion: nearest(stray, known), known: known.join(', ') });
  }
  const suited = Object.fromEntries(
    Object.entries(method.studentDefaults ?? {}).filter(([name]) => name in model.options.shape),
  );
  return {
    modelOptions: parseOptions(model.options, { ...suited, ...of(model.options) }, model.name) as Values,
    methodOptions: readMethodOptions(method, of(method.options)),
  };
}

/** The options of a method, checked and with its defaults. @throws RecdistillError `unknown-option`, `bad-option` */
export function readMethodOptions(method: MethodSpec, given: Values = {}): Values {
  const beneath = isCoTrained(method) ? method.defaultsFor?.(given) : {};
  return parseOptions(method.options, { ...beneath, ...given }, method.name) as Values;
}

/** @throws RecdistillError `needs-not-met` for a method that trains two models */
export function teachingOnly(method: MethodSpec): TeachingMethod {
  if (!isCoTrained(method)) return method;
  return refuse(
    `${method.name} trains a teacher and a student together, and a job of one model was asked for`,
    'Use coTrain with the saved models of both.',
  );
}

/** What is known of a teacher before it is trained or read. */
export interface TeacherProfile {
  readonly name: string;
  readonly has: readonly TeacherCapability[];
}

/** What a finished run of this model can hand over as a teacher; undefined for rankings made elsewhere. */
export const capabilitiesOf = (model: ModelSpec | undefined): readonly TeacherCapability[] => [
  ...(model?.capabilities.includes('factors') ? (['embeddings'] as const) : []),
  ...(model && learnsPairs(model) ? (['parameters'] as const) : []),
];

/**
 * Refuses what needs no teacher to be seen: a method that cannot teach this model, or not with these teachers.
 * @throws RecdistillError `needs-not-met`
 */
export function checkStudent(model: ModelSpec, method: MethodSpec, teachers: readonly TeacherProfile[]): void {
  const { needs, name } = method;
  if (needs.teachers === 'none') {
    if (teachers.length > 0)
      refuse(
        `${name} takes no teachers; ${teachers.length} were given`,
        'Leave the teachers out, or choose another method.',
      );
    return;
  }
  const lacks = (m: ModelSpec) => needs.student.find((c) => !m.capabilities.includes(c));
  const able = modelRegistry
    .all()
    .filter((m) => m.kind === 'trained' && !lacks(m))
    .map((m) => m.name);
  const students = `Students for ${name}: ${able.join(', ')}.`;
  if (model.kind === 'computed') refuse(`${model.name} is computed at once and cannot be a student`, students);
  const missing = lacks(model);
  if (missing) refuse(`${name} needs a student with ${WORDS[missing]}, which ${model.name} does not have`, students);
  if (teachers.length === 0)
    refuse(`${name} needs teachers; none were given`, 'Train some first and name their runs with --teachers.');
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
      `Leave it out, or choose another method. Runs of these models have them: ${having.join(', ')}.`,
    );
  }
}

/** Refuses, before any work, what the method cannot do. @throws RecdistillError `needs-not-met` */
export function checkNeeds(
  model: ModelSpec,
  method: MethodSpec,
  teachers: readonly TeacherKnowledge[],
  dataset: Dataset,
): void {
  checkStudent(
    model,
    method,
    teachers.map((t) => ({ name: t.teacher, has: t.tables ? ['embeddings' as const] : [] })),
  );
  for (const t of teachers) {
    if (t.checkpoints.length === 0)
      refuse(`teacher ${t.teacher} has no checkpoint`, 'A trajectory holds at least the teacher at its best.');
    if (t.dataFingerprint !== dataset.fingerprint) {
      refuse(
        `teacher ${t.teacher} was trained on other data (${t.dataFingerprint.slice(0, 12)}..., not ${dataset.fingerprint.slice(0, 12)}...)`,
        'Teachers and student must see the same users, items and split: use the same data options.',
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

/** What teachers have, in the words of messages. */
export const TEACHER_WORDS: Readonly<Record<TeacherCapability, string>> = {
  embeddings: 'embeddings',
  parameters: 'parameters that can train on',
};

const WORDS: Readonly<Record<Capability, string>> = {
  factors: 'tables of users and items whose inner products are its scores',
  scores: 'scores that a loss can be taken back through',
  weights: 'use of the weights of interactions',
};

const refuse = (problem: string, hint: string): never => fail('needs-not-met', { problem, hint });
