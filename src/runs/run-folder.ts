/** A run on disk: one folder with its manifest, lock, logs, checkpoints and results. Layout: docs/run-folder.md. */
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RecdistillError } from '../errors.js';
import { isTemp, makeFolder, refuseForeign, syncFolder, writeAtomic } from '../formats/atomic.js';
import { writing } from '../formats/io-error.js';
import { acquireLock, isLockFile } from '../formats/lock.js';
import { parseJsonFile } from '../formats/sealed-json.js';
import {
  type Checkpoint,
  type DamagedCheckpoint,
  dropCheckpointsAfter,
  pruneCheckpoints,
  readNewestCheckpoint,
  setAside,
  writeCheckpoint,
} from './checkpoint.js';
import { openLog } from './run-log.js';
import {
  describeHost,
  expectSameRun,
  makeManifest,
  type RunManifest,
  type RunSetting,
  type RunSpec,
  readManifest,
  writeManifest,
} from './run-manifest.js';
import { finishOverwrite, isOverwriteFolder, moveAside } from './run-overwrite.js';

/** A run that this process holds. Every method but `close` throws an Error after `close`. */
export interface RunFolder {
  /** The absolute path of its folder. */
  readonly path: string;
  readonly manifest: RunManifest;
  /** True if the folder held this run before. */
  readonly resumed: boolean;
  /** Adds a line to `events.jsonl`, with its number and the time. @throws RecdistillError `write-failed` */
  event(event: RunEvent): void;
  /** Adds a line to `metrics.jsonl`, with its number. Write an epoch's metrics before its checkpoint. @throws RecdistillError `write-failed` */
  metric(metric: RunMetric): void;
  /** Forces the logs to the disk, then writes the checkpoint. @throws RecdistillError `write-failed`; TypeError if `state` is not JSON */
  saveCheckpoint(checkpoint: Checkpoint): void;
  /**
   * The newest whole checkpoint, and what is wrong with newer ones. Unless the run is finished, lines of later epochs are cut
   * from the logs (of any epoch if there is no checkpoint), so that going on from it writes them again as they were.
   * @param until the newest that is not of a later epoch: of runs that are trained together one may be ahead. Later ones are removed
   * @throws RecdistillError `artifact-damaged` if there are checkpoints and none of them is whole, `write-failed`
   */
  loadLatestCheckpoint<State = unknown>(until?: number): LoadedCheckpoint<State>;
  /** Writes a result atomically: text as it is, anything else as JSON. `result.json` finishes the run. @throws RecdistillError `write-failed` */
  writeResult(name: string, value: unknown): void;
  /** A JSON result. @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged` */
  readResult(name: string): unknown;
  /** True once `result.json` is written. */
  isFinished(): boolean;
  /** Gives the lock back; the process's end does it, too. Calling it again does nothing. */
  close(): void;
}

export interface RunEvent {
  readonly type: string;
  /** The epoch it belongs to, counted from 1, if it belongs to one. */
  readonly epoch?: number;
  readonly [field: string]: unknown;
}

export interface RunMetric {
  /** The epoch that was just completed, counted from 1. */
  readonly epoch: number;
  readonly [field: string]: unknown;
}

export interface LoadedCheckpoint<State> {
  readonly checkpoint: Checkpoint<State> | undefined;
  readonly damaged: readonly DamagedCheckpoint[];
}

/**
 * Start anew if the folder holds a run: `true` whatever it is, `differing` one of another kind, other options, data or inputs, or with a damaged
 * manifest. False by default.
 */
export type Overwrite = boolean | 'differing';

export interface OpenRunOptions extends RunSetting {
  readonly overwrite?: Overwrite;
}

const manifestName = 'manifest.json';
const resultName = 'result.json';
const reserved: readonly string[] = [
  manifestName,
  'events.jsonl',
  'metrics.jsonl',
  'checkpoints',
  'trajectory',
  'student',
];

/**
 * Makes a run in `folder`, or opens the one that is there, and locks it.
 * @throws RecdistillError
 * `run-locked` if another process holds it;
 * `run-differs` if it was made with another kind, other options, data or inputs, and `overwrite` is not set;
 * `artifact-damaged` if its manifest is damaged and `overwrite` is not set;
 * `usage` if the folder holds other files and no run; `write-failed`; `read-failed`
 */
export function openRunFolder(folder: string, spec: RunSpec, options: OpenRunOptions = {}): RunFolder {
  const { overwrite = false, ...setting } = options;
  const path = resolve(folder);
  const wanted = makeManifest(spec, setting);
  if (!fs.existsSync(join(path, manifestName))) refuseForeign(path, isBookkeeping);
  makeFolder(path);
  const release = acquireLock(path);
  try {
    finishOverwrite(path);
    writing(path, () => removeTemps(path));
    const { manifest, resumed } = settleManifest(path, wanted, overwrite);
    return runOf(path, manifest, resumed, setting, release);
  } catch (cause) {
    release();
    throw cause;
  }
}

function settleManifest(
  path: string,
  wanted: RunManifest,
  overwrite: Overwrite,
): { manifest: RunManifest; resumed: boolean } {
  const file = join(path, manifestName);
  const exists = fs.existsSync(file);
  if (exists && overwrite !== true) {
    try {
      const manifest = readManifest(file);
      expectSameRun(path, manifest, wanted);
      return { manifest, resumed: true };
    } catch (cause) {
      const inTheWay =
        cause instanceof RecdistillError && ['run-differs', 'run-format', 'artifact-damaged'].includes(cause.code);
      if (!overwrite || !inTheWay) throw cause;
    }
  }
  try {
    if (exists) moveAside(path, isLockFile);
    writeManifest(file, wanted);
    syncFolder(dirname(path));
  } finally {
    finishOverwrite(path);
  }
  return { manifest: wanted, resumed: false };
}

function runOf(
  path: string,
  manifest: RunManifest,
  resumed: boolean,
  setting: RunSetting,
  release: () => void,
): RunFolder {
  const events = openLog(join(path, 'events.jsonl'));
  const metrics = openLog(join(path, 'metrics.jsonl'));
  let open = true;
  const held = (): void => {
    if (!open) throw new Error(`the run ${path} is closed`);
  };
  const event = (fields: RunEvent): void => {
    held();
    events.append({ time: new Date().toISOString(), ...fields });
  };
  const isFinished = (): boolean => fs.existsSync(join(path, resultName));
  return {
    path,
    manifest,
    resumed,
    event,
    metric(fields) {
      held();
      metrics.append(fields);
    },
    saveCheckpoint(checkpoint) {
      held();
      events.sync();
      metrics.sync();
      writeCheckpoint(path, manifest.hash, checkpoint);
    },
    loadLatestCheckpoint<State>(until = Number.POSITIVE_INFINITY) {
      held();
      const { checkpoint, damaged } = readNewestCheckpoint(path, manifest.hash, until);
      if (!isFinished()) {
        dropCheckpointsAfter(path, until);
        setAside(damaged);
        pruneCheckpoints(path);
        const epoch = checkpoint?.epoch ?? -1;
        metrics.cutAfter(epoch);
        events.cutAfter(epoch);
        if (resumed) event({ type: 'resumed', from: epoch, damaged, host: describeHost(setting) });
      }
      return { checkpoint: checkpoint as Checkpoint<State> | undefined, damaged };
    },
    writeResult(name, value) {
      held();
      writeAtomic(
        join(path, checkedName(name)),
        typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`,
      );
    },
    readResult: (name) => parseJsonFile(join(path, checkedName(name))),
    isFinished,
    close() {
      open = false;
      release();
    },
  };
}

function checkedName(name: string): string {
  const plain = basename(name) === name && !name.startsWith('.') && !reserved.includes(name) && !isLockFile(name);
  if (!plain) throw new TypeError(`"${name}" cannot name a result`);
  return name;
}

/** Names that may stand in a folder without making it somebody else's: traces of a run that was killed while it was made. */
const isBookkeeping = (name: string): boolean => isLockFile(name) || isTemp(name) || isOverwriteFolder(name);

function removeTemps(path: string): void {
  for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
    if (isTemp(entry.name)) fs.rmSync(join(path, entry.name), { force: true });
    if (!entry.isDirectory()) continue;
    const inner = join(path, entry.name);
    for (const name of fs.readdirSync(inner)) if (isTemp(name)) fs.rmSync(join(inner, name), { force: true });
  }
}

/** Reads the manifest of a run without locking it. @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `run-differs` */
export const readRunManifest = (folder: string): RunManifest => readManifest(join(folder, manifestName));
