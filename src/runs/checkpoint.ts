/** Checkpoints of a run: `checkpoints/epoch-000010.safetensors`. The two newest are kept. */
import fs from 'node:fs';
import { join } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { makeFolder, namesIn } from '../formats/atomic.js';
import { writing } from '../formats/io-error.js';
import { readSafetensors, writingSafetensors } from '../formats/safetensors.js';
import { parseJsonOf } from '../formats/sealed-json.js';
import { canonicalJson } from '../student/canonical-json.js';
import type { Tensor } from '../student/safetensors.js';

/** State of a model and of its training. */
export interface Checkpoint<State = unknown> {
  /** Epochs completed, >= 0. */
  readonly epoch: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Further state as JSON values. It is restored exactly. */
  readonly state: State;
}

/** A checkpoint that could not be used. */
export interface DamagedCheckpoint {
  readonly path: string;
  readonly problem: string;
}

const kept = 2;
const folderName = 'checkpoints';
const pattern = /^epoch-(\d{6,15})\.safetensors$/;
const nameOf = (epoch: number): string => `epoch-${String(epoch).padStart(6, '0')}.safetensors`;

/**
 * Writes a checkpoint, in parts, and removes all but the two newest.
 * @param hash the run's hash, so that a checkpoint of another run is not loaded
 * @throws RecdistillError `write-failed`; TypeError if `state` is not JSON or a shape does not fit
 */
export function* writingCheckpoint(run: string, hash: string, checkpoint: Checkpoint): Generator<number, void> {
  const { epoch, tensors, state } = checkpoint;
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new TypeError(`epoch is ${epoch}; expected a whole number >= 0`);
  const folder = join(run, folderName);
  makeFolder(folder);
  const metadata = { run: hash, epoch: String(epoch), state: canonicalJson(state) };
  yield* writingSafetensors(join(folder, nameOf(epoch)), tensors, metadata);
  pruneCheckpoints(run);
}

/** Removes all but the two newest checkpoints. @throws RecdistillError `write-failed` */
export const pruneCheckpoints = (run: string): void => removeCheckpoints(run, checkpointEpochs(run).slice(kept));

/** Removes the checkpoints of later epochs. @throws RecdistillError `write-failed` */
export const dropCheckpointsAfter = (run: string, until: number): void =>
  removeCheckpoints(
    run,
    checkpointEpochs(run).filter((epoch) => epoch > until),
  );

/** Epoch of the newest checkpoint, whole or not; undefined if there is none. */
export const newestEpoch = (run: string): number | undefined => checkpointEpochs(run)[0];

function removeCheckpoints(run: string, epochs: readonly number[]): void {
  for (const epoch of epochs) {
    const path = join(run, folderName, nameOf(epoch));
    writing(path, () => fs.rmSync(path, { force: true }));
  }
}

/**
 * The newest valid checkpoint. `damaged` lists newer ones that are damaged.
 * @param until reads no later epoch
 * @returns `checkpoint` undefined if the run has none yet
 * @throws RecdistillError `artifact-damaged` if there are checkpoints and all of them are damaged
 */
export function readNewestCheckpoint(
  run: string,
  hash: string,
  until = Number.POSITIVE_INFINITY,
): { checkpoint: Checkpoint | undefined; damaged: DamagedCheckpoint[] } {
  const damaged: DamagedCheckpoint[] = [];
  for (const epoch of checkpointEpochs(run).filter((e) => e <= until)) {
    const path = join(run, folderName, nameOf(epoch));
    try {
      return { checkpoint: readCheckpoint(path, hash, epoch), damaged };
    } catch (cause) {
      if (!(cause instanceof RecdistillError) || cause.code !== 'artifact-damaged') throw cause;
      damaged.push({ path, problem: String(cause.details.problem) });
    }
  }
  const first = damaged[0];
  if (!first) return { checkpoint: undefined, damaged };
  const hint = 'No valid checkpoint is left: add --overwrite to restart this run.';
  fail('artifact-damaged', { path: first.path, problem: `${first.problem}; older ones are damaged, too`, hint });
}

/** Renames damaged checkpoints, so that they are not counted among the newest. They stay for inspection. */
export function setAside(damaged: readonly DamagedCheckpoint[]): void {
  for (const { path } of damaged) writing(path, () => fs.renameSync(path, `${path}.damaged`));
}

/** Epochs that have a checkpoint, newest first. */
function checkpointEpochs(run: string): number[] {
  const names = fs.existsSync(join(run, folderName)) ? namesIn(join(run, folderName)) : [];
  const epochs = names.flatMap((name) => {
    const match = pattern.exec(name);
    return match && nameOf(Number(match[1])) === name ? [Number(match[1])] : [];
  });
  return epochs.sort((a, b) => b - a);
}

function readCheckpoint(path: string, hash: string, epoch: number): Checkpoint {
  const { metadata, tensors } = readSafetensors(path);
  if (metadata.get('run') !== hash) fail('artifact-damaged', { path, problem: 'it belongs to another run' });
  if (metadata.get('epoch') !== String(epoch)) {
    fail('artifact-damaged', { path, problem: `its epoch is ${metadata.get('epoch')}` });
  }
  const state = parseJsonOf(path, metadata.get('state') ?? '');
  return { epoch, tensors: Object.fromEntries(tensors), state };
}
