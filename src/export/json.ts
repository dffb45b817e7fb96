/** One JSON file, for small catalogues: for inspection, or for programs that read nothing else. */

import { z } from 'zod';
import { packLists } from '../data/interactions.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { NAMES, writingAtomic } from '../formats/index.js';
import { runInParts } from '../progress.js';
import type { StudentModel } from '../student/index.js';
import { exporter, writingStep } from './_exporter.js';
import {
  answerSchema,
  assembled,
  checkedJson,
  damaged,
  headOf,
  notesOf,
  notesSchema,
  partsOf,
  popularSchema,
} from './sidecar.js';

/** Maximum number of factors. More would be tens of megabytes of text. */
const MAX_FACTORS = 5_000_000;

const row = { id: z.string(), factors: z.array(z.number()), bias: z.number().optional() };
const fileSchema = z.object({
  format: z.literal('recdistill-json'),
  dim: z.int().min(1),
  notes: notesSchema,
  answer: answerSchema.optional(),
  popular: popularSchema.optional(),
  items: z.array(z.object({ ...row, label: z.string().optional(), input: z.array(z.number()).optional() })).min(1),
  users: z.array(z.object({ ...row, seen: z.array(z.int()).optional() })),
});

export const json = exporter({
  name: 'json',
  summary: 'one JSON file, for small catalogues',
  makes: 'file',
  precisions: ['f32'],
  async write(student, out) {
    const { model } = student;
    const size = (model.nUsers + model.nItems) * model.dim;
    if (size > MAX_FACTORS) {
      const problem = `the student has ${size} factors; the format json allows at most ${MAX_FACTORS}`;
      fail('usage', { problem, hint: 'Use parquet or npy.' });
    }
    const head = { format: 'recdistill-json', dim: model.dim, ...headOf(model), notes: notesOf(student) };
    const lines = (rows: Iterable<object>) => Array.from(rows, (r) => JSON.stringify(r)).join(',\n');
    const text = `${JSON.stringify(head).slice(0, -1)},\n"items":[\n${lines(itemRows(model))}\n],\n"users":[\n${lines(userRows(model))}\n]}\n`;
    const bytes = Buffer.from(text);
    await runInParts(writingAtomic(out, bytes, bytes.length), writingStep(out));
  },
  async read(path) {
    const { dim, notes, items, users, ...head } = checkedJson(path, fileSchema, NAMES);
    const table = (rows: readonly (readonly number[])[]): Float32Array => {
      if (rows.some((r) => r.length !== dim)) damaged(path, `a row does not have ${dim} factors`);
      return Float32Array.from(rows.flat());
    };
    const biases = (rows: readonly { bias?: number | undefined }[]) =>
      rows.some((r) => r.bias !== undefined) ? Float32Array.from(rows, (r) => r.bias ?? 0) : undefined;
    const [userBiases, itemBiases] = [biases(users), biases(items)];
    const seen = users.some((u) => u.seen) ? packLists(users.map((u) => u.seen ?? [])) : undefined;
    const model: StudentModel = {
      ...{ nUsers: users.length, nItems: items.length, dim },
      ...partsOf(head, () => table(items.map((i) => i.input ?? []))),
      userFactors: table(users.map((u) => u.factors)),
      itemFactors: table(items.map((i) => i.factors)),
      userIds: users.map((u) => u.id),
      itemIds: items.map((i) => i.id),
      ...(items.some((i) => i.label !== undefined) && { labels: items.map((i) => i.label ?? '') }),
      ...defined({ userBiases, itemBiases, seen }),
    };
    return assembled(path, model, notes);
  },
});

/** Nine significant digits identify every float32 uniquely. */
export const exact = (value: number): number => Number(value.toPrecision(9));

const slice = (table: Float32Array, row: number, dim: number): number[] =>
  Array.from(table.subarray(row * dim, (row + 1) * dim), exact);

/** One object per item, in catalogue order. */
export function* itemRows(model: StudentModel): Generator<object> {
  const { itemIds, itemFactors, itemBiases, labels, dim, answer } = model;
  for (const [n, id] of itemIds.entries())
    yield {
      id,
      ...(labels && { label: labels[n]! }),
      ...(itemBiases && { bias: exact(itemBiases[n]!) }),
      factors: slice(itemFactors, n, dim),
      ...(answer?.by === 'history' && { input: slice(answer.inputFactors, n, dim) }),
    };
}

/** One object per user. `seen` holds item indices, from 0 in catalogue order. */
export function* userRows({ userIds, userFactors, userBiases, seen, dim }: StudentModel): Generator<object> {
  for (const [n, id] of userIds.entries())
    yield {
      id,
      ...(userBiases && { bias: exact(userBiases[n]!) }),
      factors: slice(userFactors, n, dim),
      ...(seen && { seen: Array.from(seen.indices.subarray(seen.indptr[n]!, seen.indptr[n + 1]!)) }),
    };
}
