/** Options and needs of a model and a distillation method together. */
import { type OptionsSchema, parseOptions } from '../options/options.js';
import type { Dataset } from '../data/index.js';
import type { MethodSpec, TeacherKnowledge, TeacherCapability } from '../distill/index.js';
import { fail } from '../errors.js';
import { type Capability, type ModelSpec, modelRegistry } from '../models/index.js';
import { nearest } from '../nearest.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * Deals options out to the model and to the method, checked and with defaults.
 * @throws RecdistillError `unknown-option` for one that neither has, `bad-option`
 */
export function splitOptions(
  model: ModelSpec,
  method: MethodSpec,
  given: Values,
): { modelOptions: Values; methodOptions: Values } {
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
    methodOptions: parseOptions(method.options, of(method.options), method.name) as Values,
  };
}

/** What is known of a teacher before it is trained or read. */
export interface TeacherProfile {
  readonly name: string;
  readonly has: readonly TeacherCapability[];
}

/**
 * Refuses what needs no teacher to be seen: a method that cannot teach this model, or not with these teachers.
 * @throws RecdistillError `needs-not-met`
 */
export function checkStudent(
  model: ModelSpec,
  { needs, name }: MethodSpec,
  teachers: readonly TeacherProfile[],
): void {
  if (needs.teachers === 'none') {
    if (teachers.length > 0)
      refuse(
        `${name} takes no teachers; ${teachers.length} were given`,
        'Leave the teachers out, or choose another method.',
      );
    return;
  }
  const lacks = (m: ModelSpec) => needs.student.find((c) => !m.capabilities.includes(c));
  const able = modelRegistry.all().filter((m) => m.kind === 'trained' && !lacks(m)).map((m) => m.name);
  const students = `Students for ${name}: ${able.join(', ')}.`;
  if (model.kind === 'computed') refuse(`${model.name} is computed at once and cannot be a student`, students);
  const missing = lacks(model);
  if (missing) refuse(`${name} needs a student with ${WORDS[missing]}, which ${model.name} does not have`, students);
  if (teachers.length === 0)
    refuse(`${name} needs teachers; none were given`, 'Train some first and name their runs with --teachers.');
  for (const teacher of teachers) {
    const wanted = needs.teacher.find((c) => !teacher.has.includes(c));
    if (!wanted) continue;
    const having = modelRegistry.all().filter((m) => m.capabilities.includes('factors')).map((m) => m.name);
    refuse(
      `${name} needs teachers with ${wanted}, which ${teacher.name} does not have`,
      `Leave it out, or choose another method. Runs of these models have ${wanted}: ${having.join(', ')}.`,
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

const WORDS: Readonly<Record<Capability, string>> = {
  factors: 'tables of users and items whose inner products are its scores',
  scores: 'scores that a loss can be taken back through',
  weights: 'use of the weights of interactions',
};

const refuse = (problem: string, hint: string): never => fail('needs-not-met', { problem, hint });
