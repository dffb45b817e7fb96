/** The JSON files beside the tables of an exported student: ids, labels, and provenance. */
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';
import {
  DOCUMENT,
  digesting,
  digestOf,
  NAMES,
  namesIn,
  parseJsonFile,
  readCheckedJson,
  sealedText,
  writeAtomic,
} from '../formats/index.js';
import { eachInParts, within } from '../progress.js';
import { canonicalJson } from '../student/canonical-json.js';
import { precisions } from '../student/parse-bundle.js';
import { type HistoryAnswer, problemOf, type StudentModel } from '../student/student-model.js';
import type { Exportable } from './_exporter.js';

export const sidecarFiles = { about: 'about.json', items: 'items.json', users: 'users.json' } as const;

export const notesSchema = z.object({
  dataFingerprint: z.string(),
  licence: z.string(),
  madeBy: z.record(z.string(), z.unknown()),
  metrics: z.record(z.string(), z.number()),
});

/** How a student without users answers, without its table of input factors. */
export const answerSchema = z.discriminatedUnion('by', [
  z.object({ by: z.literal('history'), exponent: z.number() }),
  z.object({ by: z.literal('fold-in'), userNorm: z.number() }),
]);
export type AnswerHead = z.output<typeof answerSchema>;

/** Item indices and numbers of users. */
export const popularSchema = z.object({ items: z.array(z.int()), counts: z.array(z.int()) });

const aboutSchema = z.object({
  format: z.string(),
  precision: z.enum(precisions),
  /** 0 for a student of the kind items-only, which has `answer`. */
  users: z.int().min(0),
  items: z.int().min(1),
  dim: z.int().min(1),
  answer: answerSchema.optional(),
  popular: popularSchema.optional(),
  notes: notesSchema,
  /** Size in bytes and SHA-256 (hex) of each other file. Absent in exports of earlier versions. */
  files: z.record(z.string(), z.object({ bytes: z.int(), sha256: z.string() })).optional(),
});
const namesSchema = z.object({ ids: z.array(z.string()), labels: z.array(z.string()).optional() });

export type About = z.output<typeof aboutSchema>;

/** The notes without other fields: a manifest passed as notes has more. */
export const notesOf = ({ notes: { dataFingerprint, licence, madeBy, metrics } }: Exportable) => ({
  ...{ dataFingerprint, licence, madeBy, metrics },
});

/** Writes, in parts, `items.json`, `users.json` and then `about.json`, which has the checksums of all files of the folder. The tables must be there. */
export function* writingSidecar(
  folder: string,
  student: Exportable,
  format: string,
  precision: About['precision'],
): Generator<number, void> {
  const { nUsers, nItems, dim, itemIds, userIds, labels } = student.model;
  const head = { format, precision, users: nUsers, items: nItems, dim, ...headOf(student.model) };
  writeAtomic(join(folder, sidecarFiles.items), `${canonicalJson({ ids: itemIds, labels })}\n`);
  yield 0.2;
  if (!head.answer) writeAtomic(join(folder, sidecarFiles.users), `${canonicalJson({ ids: userIds })}\n`);
  yield 0.4;
  const digests = eachInParts(namesIn(folder), function* (name) {
    return [name, yield* digesting(join(folder, name))] as const;
  });
  const files = Object.fromEntries(yield* within(digests, 0.4, 1));
  const about: About = { ...head, notes: notesOf(student), files };
  writeAtomic(join(folder, sidecarFiles.about), sealedText(about));
}

/** What a student without users needs beside its tables. */
export function headOf({ answer, popular }: StudentModel): Pick<About, 'answer' | 'popular'> {
  const head: AnswerHead | undefined = answer?.by === 'history' ? { by: 'history', exponent: answer.exponent } : answer;
  return {
    ...(head && { answer: head }),
    ...(popular && { popular: { items: [...popular.items], counts: [...popular.counts] } }),
  };
}

/** The parts of a model that `headOf` described. @param inputFactors reads the table of a student that has one */
export function partsOf(
  { answer, popular }: Pick<About, 'answer' | 'popular'>,
  inputFactors: () => Float32Array,
): Pick<StudentModel, 'answer' | 'popular'> {
  const whole: HistoryAnswer | undefined =
    answer?.by === 'history' ? { ...answer, inputFactors: inputFactors() } : answer;
  return {
    ...(whole && { answer: whole }),
    ...(popular && { popular: { items: Int32Array.from(popular.items), counts: Int32Array.from(popular.counts) } }),
  };
}

/**
 * Verifies every file of an exported folder against the checksums in `about.json`.
 * @returns its content, and whether it has checksums. Exports of earlier versions have none
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export function verifyExport(folder: string): { readonly about: About; readonly sealed: boolean } {
  const path = join(folder, sidecarFiles.about);
  const { value, sealed } = readCheckedJson(path, { hint: WRITE_AGAIN });
  const about = checkedValue(path, value, aboutSchema);
  for (const [name, expected] of Object.entries(about.files ?? {})) {
    const found = digestOf(join(folder, name));
    const changed = (problem: string): never =>
      fail('artifact-damaged', { path: join(folder, name), problem, hint: CHANGED });
    if (found.bytes !== expected.bytes) changed(`it has ${found.bytes} bytes; expected ${expected.bytes}`);
    if (found.sha256 !== expected.sha256) changed('its content does not match its SHA-256');
  }
  return { about, sealed };
}

export interface Sidecar {
  readonly about: About;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly labels?: readonly string[];
}

/** @throws RecdistillError `file-missing`, `artifact-damaged` if it is of another format */
export function readSidecar(folder: string, format: string): Sidecar {
  const { about } = verifyExport(folder);
  if (about.format !== format)
    damaged(join(folder, sidecarFiles.about), `its format is "${about.format}", not "${format}"`);
  const items = checkedJson(join(folder, sidecarFiles.items), namesSchema, NAMES);
  const userIds = about.answer ? [] : checkedJson(join(folder, sidecarFiles.users), namesSchema, NAMES).ids;
  return { about, userIds, itemIds: items.ids, ...(items.labels && { labels: items.labels }) };
}

/** Reads a JSON file and validates it. @throws RecdistillError `file-missing`, `over-limit`, `artifact-damaged` */
export function checkedJson<T extends z.ZodType>(path: string, schema: T, limits = DOCUMENT): z.output<T> {
  return checkedValue(path, parseJsonFile(path, WRITE_AGAIN, limits), schema);
}

function checkedValue<T extends z.ZodType>(path: string, value: unknown, schema: T): z.output<T> {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const { path: place, message } = checked.error.issues[0]!;
  return damaged(path, `${place.join('.') || 'its content'}: ${message}`);
}

/** Assembles a student from parts read from files. @throws RecdistillError `artifact-damaged` if they are inconsistent */
export function assembled(path: string, model: StudentModel, notes: Exportable['notes']): Exportable {
  const problem = problemOf(model);
  return problem === undefined ? { model, notes } : damaged(path, problem);
}

const WRITE_AGAIN = 'Export it again.';
const CHANGED = 'Export it again. If the change is intended, remove "files" and "sha256" from about.json.';
export const damaged = (path: string, problem: string): never =>
  fail('artifact-damaged', { path, problem, hint: WRITE_AGAIN });
