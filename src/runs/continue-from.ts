/**
 * The start of a student that continues from a bundle. Known users and items keep their embeddings. New ones are folded in by least squares
 * (student/fold-in.ts) from their interactions with known ones. Those without such interactions start at random.
 */

import type { Dataset } from '../data/index.js';
import { type Interactions, transpose } from '../data/interactions.js';
import type { TeachingMethod } from '../distill/index.js';
import { fail } from '../errors.js';
import type { Floats } from '../kernels/index.js';
import type { ModelSpec, TrainableModel } from '../models/index.js';
import { createProgress, type Step } from '../progress.js';
import { type FoldInSpace, foldIn, foldInDefaults, foldInSpace } from '../student/fold-in.js';
import type { StudentBundle } from '../student/index.js';

/** Number of users, or items, by how they start. */
export interface ContinueCounts {
  readonly known: number;
  readonly foldedIn: number;
  readonly random: number;
  /** In the bundle but not in the data. The new student does not know them. */
  readonly gone: number;
}

export type ContinueReport = Readonly<Record<'users' | 'items', ContinueCounts>>;

/**
 * Options with the bundle's `dim` and the method's defaults for a continued student, unless given.
 * @throws RecdistillError `bad-option` for another `dim`, `needs-not-met` for a model that is computed directly
 */
export function optionsToContinue(
  { name, kind, options: { shape } }: ModelSpec,
  { continueDefaults }: TeachingMethod,
  { manifest: { dim, kind: bundleKind } }: StudentBundle,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (bundleKind === 'items-only') {
    const problem = 'the bundle is of the kind items-only, and a student continues from the vectors of users and items';
    fail('needs-not-met', { problem, hint: 'Give a bundle with users, or train the student anew.' });
  }
  if (kind === 'computed') refuse(name);
  if (!('dim' in shape)) return { ...continueDefaults, ...options };
  if (options.dim !== undefined && options.dim !== dim) {
    const expected = `${dim}, as in the bundle`;
    const help = 'Leave it out. To change the size, train a new student.';
    fail('bad-option', { option: 'dim', owner: 'a continued student', given: options.dim, expected, help });
  }
  return { ...continueDefaults, ...options, dim };
}

/**
 * Copies the bundle's embeddings into a model whose parameters are the tables of its scores, such as bpr-mf.
 * @throws RecdistillError `needs-not-met` for another kind of model, another dim, or a bundle with biases; `interrupted`
 */
export async function continueFrom(
  model: TrainableModel,
  { model: from }: StudentBundle,
  dataset: Dataset,
  step = createProgress().task('folding in new users and items'),
): Promise<ContinueReport> {
  const tables = model.factors?.();
  const isParameter = (table: Floats) => model.parameters.some((p) => p.values === table);
  if (
    !tables ||
    model.parameters.length !== 2 ||
    !isParameter(tables.userFactors) ||
    !isParameter(tables.itemFactors)
  ) {
    return refuse(model.name);
  }
  if (tables.dim !== from.dim) {
    const problem = `${model.name} has dim ${tables.dim}, and the bundle ${from.dim}`;
    fail('needs-not-met', { problem, hint: `Create the model with dim ${from.dim}.` });
  }
  if (from.userBiases || from.itemBiases) {
    const problem = `the bundle has biases, which ${model.name} does not support`;
    fail('needs-not-met', {
      problem,
      hint: 'Train a new bpr-mf student. Its bundle can be continued.',
    });
  }
  const { train } = dataset;
  const users = sideOf(tables.userFactors, from.userFactors, from.userIds, dataset.users.ids, from.dim);
  const items = sideOf(tables.itemFactors, from.itemFactors, from.itemIds, dataset.items.ids, from.dim);
  // Items first: a new user may only have new items.
  const toItems = foldInSpace(from.itemFactors, from.userFactors, from.dim, 'never');
  const newItems = await foldInNew(items, { ...toItems, factors: users.table }, transpose(train), users.placed, step);
  const toUsers = foldInSpace(from.userFactors, from.itemFactors, from.dim, 'never');
  const newUsers = await foldInNew(users, { ...toUsers, factors: items.table }, train, items.placed, step);
  return { users: { ...users.counts, ...newUsers }, items: { ...items.counts, ...newItems } };
}

function refuse(name: string): never {
  const problem = `${name} cannot continue from a bundle: its parameters are not the tables of a bundle`;
  return fail('needs-not-met', { problem, hint: 'Use bpr-mf or mf as student, which accept the tables of any model.' });
}

/** The report as a sentence. */
export function continueText({ users, items }: ContinueReport): string {
  const of = ({ known, foldedIn, random, gone }: ContinueCounts, who: string) =>
    `${who}: ${known} known, ${foldedIn} new and folded in${random > 0 ? `, ${random} new and started at random` : ''}${gone > 0 ? `, ${gone} of the bundle are not in this data` : ''}`;
  return `continuing from a bundle. ${of(users, 'Users')}. ${of(items, 'Items')}.`;
}

/** The table of users or of items, and which of its rows are known. */
interface Side {
  readonly table: Floats;
  readonly placed: Uint8Array;
  readonly counts: Pick<ContinueCounts, 'known' | 'gone'>;
}

/** Copies the rows that the bundle knows. @param now ids in the data */
function sideOf(table: Floats, factors: Float32Array, before: readonly string[], now: readonly string[], dim: number) {
  const rowOf = new Map(before.map((id, row) => [id, row]));
  const placed = new Uint8Array(now.length);
  let known = 0;
  for (const [at, id] of now.entries()) {
    const row = rowOf.get(id);
    if (row === undefined) continue;
    table.set(factors.subarray(row * dim, (row + 1) * dim), at * dim);
    placed[at] = 1;
    known++;
  }
  return { table, placed, counts: { known, gone: before.length - known } } satisfies Side;
}

/** @param given which rows of the space are known */
async function foldInNew(
  { table, placed }: Side,
  space: FoldInSpace,
  has: Interactions,
  given: Uint8Array,
  step: Step,
) {
  const isNew = placed.map((p) => 1 - p);
  let foldedIn = 0;
  let random = 0;
  for (let row = 0; row < isNew.length; row++) {
    if (!isNew[row]) continue;
    await step(row, isNew.length);
    const own = has.indices.subarray(has.indptr[row]!, has.indptr[row + 1]!).filter((other) => given[other]);
    if (own.length === 0) {
      random++;
      continue;
    }
    // The weights of `recommendFromItems`, so that a new user starts where the bundle would fold them in.
    table.set(foldIn(space, own, foldInDefaults), row * space.dim);
    placed[row] = 1;
    foldedIn++;
  }
  return { foldedIn, random };
}
