/** Which of the seen items of a bundle its model was trained on. A student that continues from it must not be evaluated by those. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readBundle } from '../bundle/index.js';
import { type Dataset, has, type TrainedPairs } from '../data/index.js';
import { fail } from '../errors.js';
import { readSafetensors, writingSafetensors } from '../formats/safetensors.js';
import { within } from '../progress.js';
import type { StudentBundle, StudentModel } from '../student/index.js';
import { jobFiles } from './finished.js';
import { resolveRun } from './link.js';
import { readRunManifest } from './run-folder.js';

const PARTS = 'parts';

/** A bundle to continue from, with what its model was trained on. */
export interface StartBundle extends StudentBundle {
  /** Absent: the bundle has no run that says it, so all of its seen items count as trained on. */
  readonly parts?: Uint8Array;
}

/**
 * Writes, in parts, the part of each seen item, in their order: two bits each, the lowest first. 0: train, 1: valid, 2: test, 3: hidden. Nothing for a
 * bundle without histories.
 * @throws RecdistillError `write-failed`
 */
export function* writingSeenParts(
  run: string,
  { seen, userIds }: StudentModel,
  dataset: Dataset,
  hash: string,
): Generator<number, void> {
  if (!seen) return;
  const { train, valid, test, users } = dataset;
  const packed = new Uint8Array(Math.ceil(seen.indices.length / 4));
  const partOf = (user: number, item: number): number => {
    const at = [train, valid, test].findIndex((part) => has(part, user, item));
    return at < 0 ? 3 : at;
  };
  for (const [row, id] of userIds.entries()) {
    if (row % USERS_AT_ONCE === 0) yield row / userIds.length;
    const user = users.index.get(id)!;
    for (let k = seen.indptr[row]!; k < seen.indptr[row + 1]!; k++)
      packed[k >> 2]! |= partOf(user, seen.indices[k]!) << (2 * (k & 3));
  }
  const tensors = { [PARTS]: { shape: [packed.length], data: packed } };
  yield* within(writingSafetensors(join(run, jobFiles.seenParts), tensors, { run: hash }), 0.99, 1);
}

/** Users whose parts are found at a time. */
const USERS_AT_ONCE = 4096;

/**
 * Reads a bundle to continue from, by its folder or by that of its run. What it was trained on is read from its run.
 * @throws RecdistillError as `readBundle`; `artifact-damaged` if the run has other seen items
 */
export async function readStart(named: string): Promise<StartBundle> {
  const given = resolveRun(named);
  const inner = join(given, jobFiles.student);
  const folder = existsSync(inner) ? inner : given;
  const bundle = await readBundle(folder);
  const run = dirname(resolve(folder));
  const path = join(run, jobFiles.seenParts);
  const { seen } = bundle.model;
  if (!seen || basename(resolve(folder)) !== jobFiles.student || !existsSync(path)) return bundle;
  const { metadata, tensors } = readSafetensors(path);
  const parts = tensors.get(PARTS)?.data;
  const whole = parts instanceof Uint8Array && parts.length === Math.ceil(seen.indices.length / 4);
  if (whole && metadata.get('run') === readRunManifest(run).hash) return { ...bundle, parts };
  return fail('artifact-damaged', {
    path,
    problem: 'it does not belong to the bundle of this run',
    hint: 'Restore the files of this run, or make it again with --overwrite.',
  });
}

/** What the model of a bundle was trained on, by ids. @throws RecdistillError `needs-not-met` for a bundle without histories */
export function trainedPairs({ model, parts }: StartBundle): TrainedPairs {
  const { seen, userIds, itemIds } = model;
  if (!seen)
    return fail('needs-not-met', {
      problem: 'the bundle to continue from has no histories, so it is not known what its model was trained on',
      hint: 'Continue from the run that made it, or from a bundle with histories.',
    });
  const { indptr, indices } = seen;
  if (!parts) return { userIds, itemIds, indptr, indices };
  const kept: number[] = [];
  const ends = Int32Array.from(indptr, (_, row) => {
    if (row === 0) return 0;
    for (let k = indptr[row - 1]!; k < indptr[row]!; k++)
      if (((parts[k >> 2]! >> (2 * (k & 3))) & 3) === 0) kept.push(indices[k]!);
    return kept.length;
  });
  return { userIds, itemIds, indptr: ends, indices: Int32Array.from(kept) };
}
