/** Checkpoints of a run: `checkpoints/epoch-000010.safetensors`, of which the two newest are kept. */
import fs from 'node:fs';
import { join } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { makeFolder, namesIn } from '../formats/atomic.js';
import { writing } from '../formats/io-error.js';
import { readSafetensors, writeSafetensors } from '../formats/safetensors.js';
import { canonicalJson } from '../student/canonical-json.js';
import type { Tensor } from '../student/safetensors.js';

/** One state of a model and of the loop around it. */
export interface Checkpoint<State = unknown> {
  /** Epochs completed, >= 0. */
  readonly epoch: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Everything else, as JSON values: it comes back exactly as it was given. */
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
 * Writes a checkpoint, then removes all but the two newest.
 * @param hash the run's hash: a checkpoint of another run is not taken for one of this
 * @throws RecdistillError `write-failed`; TypeError if `state` is not JSON or a shape does not fit
 */
export function writeCheckpoint(run: string, hash: string, checkpoint: Checkpoint): void {
  const { epoch, tensors, state } = checkpoint;
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new TypeError(`epoch is ${epoch}; expected a whole number >= 0`);
  const folder = join(run, folderName);
  makeFolder(folder);
  const metadata = { run: hash, epoch: String(epoch), state: canonicalJson(state) };
  writeSafetensors(join(folder, nameOf(epoch)), tensors, metadata);
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
 * The newest checkpoint that is whole; `damaged` lists newer ones that are not.
 * @param until looks at no later epoch
 * @returns `checkpoint` undefined if the run has none yet
 * @throws RecdistillError `artifact-damaged` if there are checkpoints and none of them is whole
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
  const hint = 'No whole checkpoint is left: add --overwrite to start this run anew.';
  fail('artifact-damaged', { path: first.path, problem: `${first.problem}; nor is an older one whole`, hint });
}

/** Moves damaged checkpoints out of the way, so that they are not counted among the newest; they stay for a look. */
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
    fail('artifact-damaged', { path, problem: `it is of epoch ${metadata.get('epoch')}` });
  }
  let state: unknown;
  try {
    state = JSON.parse(metadata.get('state') ?? '');
  } catch (cause) {
    fail('artifact-damaged', { path, problem: 'its state is not JSON' }, cause);
  }
  return { epoch, tensors: Object.fromEntries(tensors), state };
}
