/** The JSON files beside the tables of an exported student: ids, labels, and provenance. */
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';
import { DOCUMENT, NAMES, parseJsonFile, writeAtomic } from '../formats/index.js';
import { canonicalJson } from '../student/canonical-json.js';
import { problemOf, type StudentModel } from '../student/student-model.js';
import type { Exportable } from './_exporter.js';

export const sidecarFiles = { about: 'about.json', items: 'items.json', users: 'users.json' } as const;

export const notesSchema = z.object({
  dataFingerprint: z.string(),
  licence: z.string(),
  madeBy: z.record(z.string(), z.unknown()),
  metrics: z.record(z.string(), z.number()),
});

const aboutSchema = z.object({
  format: z.string(),
  precision: z.enum(['f32', 'f16', 'int8']),
  users: z.int().min(1),
  items: z.int().min(1),
  dim: z.int().min(1),
  notes: notesSchema,
});
const namesSchema = z.object({ ids: z.array(z.string()), labels: z.array(z.string()).optional() });

export type About = z.output<typeof aboutSchema>;

/** The notes without other fields: a manifest passed as notes has more. */
export const notesOf = ({ notes: { dataFingerprint, licence, madeBy, metrics } }: Exportable) => ({
  ...{ dataFingerprint, licence, madeBy, metrics },
});

/** Writes `about.json`, `items.json` and `users.json`. */
export function writeSidecar(folder: string, student: Exportable, format: string, precision: About['precision']): void {
  const { nUsers, nItems, dim, itemIds, userIds, labels } = student.model;
  const about: About = { format, precision, users: nUsers, items: nItems, dim, notes: notesOf(student) };
  writeAtomic(join(folder, sidecarFiles.about), `${JSON.stringify(about, null, 2)}\n`);
  writeAtomic(join(folder, sidecarFiles.items), `${canonicalJson({ ids: itemIds, labels })}\n`);
  writeAtomic(join(folder, sidecarFiles.users), `${canonicalJson({ ids: userIds })}\n`);
}

export interface Sidecar {
  readonly about: About;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly labels?: readonly string[];
}

/** @throws RecdistillError `file-missing`, `artifact-damaged` if it is of another format */
export function readSidecar(folder: string, format: string): Sidecar {
  const about = checkedJson(join(folder, sidecarFiles.about), aboutSchema);
  if (about.format !== format)
    damaged(join(folder, sidecarFiles.about), `its format is "${about.format}", not "${format}"`);
  const items = checkedJson(join(folder, sidecarFiles.items), namesSchema, NAMES);
  const users = checkedJson(join(folder, sidecarFiles.users), namesSchema, NAMES);
  return { about, userIds: users.ids, itemIds: items.ids, ...(items.labels && { labels: items.labels }) };
}

/** Reads a JSON file and validates it. @throws RecdistillError `file-missing`, `over-limit`, `artifact-damaged` */
export function checkedJson<T extends z.ZodType>(path: string, schema: T, limits = DOCUMENT): z.output<T> {
  const checked = schema.safeParse(parseJsonFile(path, WRITE_AGAIN, limits));
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
export const damaged = (path: string, problem: string): never =>
  fail('artifact-damaged', { path, problem, hint: WRITE_AGAIN });
