/** A run on disk: a folder with manifest, lock, logs, checkpoints and results. Layout: docs/run-folder.md. */
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RecdistillError } from '../errors.js';
import { makeFolder, namesIn, refuseForeign, syncFolder, writeAtomic } from '../formats/atomic.js';
import { writing } from '../formats/io-error.js';
import { renewLines } from '../formats/lines.js';
import { acquireLock, isLockFile, type Lock } from '../formats/lock.js';
import { parseJsonFile, readCheckedJson, sealedText } from '../formats/sealed-json.js';
import { isTemp } from '../formats/temporary-names.js';
import { runSync } from '../progress.js';
import { isPlainObject } from '../student/canonical-json.js';
import {
  type Checkpoint,
  type DamagedCheckpoint,
  dropCheckpointsAfter,
  newestEpoch,
  pruneCheckpoints,
  readNewestCheckpoint,
  setAside,
  writingCheckpoint,
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

/** A run folder that this process has locked. Every method but `close` throws an Error after `close`. */
export interface RunFolder {
  /** Absolute path of the folder. */
  readonly path: string;
  readonly manifest: RunManifest;
  /** True if the folder held this run before. */
  readonly resumed: boolean;
  /** Adds a line to `events.jsonl`, with its number and the time. @throws RecdistillError `write-failed` */
  event(event: RunEvent): void;
  /** Adds a line to `metrics.jsonl`, with its number. Write an epoch's metrics before its checkpoint. @throws RecdistillError `write-failed` */
  metric(metric: RunMetric): void;
  /** Flushes the logs to disk, then writes the checkpoint. @throws RecdistillError `write-failed`; TypeError if `state` is not JSON */
  saveCheckpoint(checkpoint: Checkpoint): void;
  /** The same in parts. If it is stopped between them, the checkpoints are those of before. */
  savingCheckpoint(checkpoint: Checkpoint): Generator<number, void>;
  /**
   * The newest valid checkpoint, and the damage of newer ones. Unless the run is finished, log lines of later epochs are removed (all lines if
   * there is no checkpoint), because resuming writes them again.
   * @param until reads no later epoch and removes later checkpoints: of runs that train together, one may be ahead
   * @throws RecdistillError `artifact-damaged` if there are checkpoints and all of them are damaged, `write-failed`
   */
  loadLatestCheckpoint<State = unknown>(until?: number): LoadedCheckpoint<State>;
  /** Writes a result atomically: strings unchanged, an object as JSON with its SHA-256. `result.json` finishes the run. @throws RecdistillError `write-failed` */
  writeResult(name: string, value: unknown): void;
  /** Reads a JSON result. @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged` */
  readResult(name: string): unknown;
  /** True once `result.json` is written. */
  isFinished(): boolean;
  /** Call before writing another file to the folder. @throws RecdistillError `lock-lost` if another process took over the run */
  confirm(): void;
  /** Releases the lock, as the end of the process does. Calling it again does nothing. */
  close(): void;
}

export interface RunEvent {
  readonly type: string;
  /** The epoch of the event, from 1, if it has one. */
  readonly epoch?: number;
  readonly [field: string]: unknown;
}

export interface RunMetric {
  /** The completed epoch, from 1. */
  readonly epoch: number;
  readonly [field: string]: unknown;
}

export interface LoadedCheckpoint<State> {
  readonly checkpoint: Checkpoint<State> | undefined;
  readonly damaged: readonly DamagedCheckpoint[];
}

/**
 * Restart if the folder holds a run. `true`: any run. `differing`: a run of another kind, other options, data or inputs, or with a damaged
 * manifest. Default: false.
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
 * Creates a run in `folder`, or opens the existing one, and locks it.
 * @throws RecdistillError
 * `run-locked` if another process holds the lock;
 * `run-differs` if it has another kind, other options, data or inputs, and `overwrite` is not set;
 * `artifact-damaged` if its manifest is damaged and `overwrite` is not set;
 * `usage` if the folder holds other files and no run; `write-failed`; `read-failed`
 */
export function openRunFolder(folder: string, spec: RunSpec, options: OpenRunOptions = {}): RunFolder {
  const { overwrite = false, ...setting } = options;
  const path = resolve(folder);
  const wanted = makeManifest(spec, setting);
  if (!fs.existsSync(join(path, manifestName))) refuseForeign(path, isBookkeeping);
  makeFolder(path);
  const lock = acquireLock(path, { what: { kind: 'run', path } });
  try {
    finishOverwrite(path);
    // The owner before may only be paused, in the middle of a write.
    if (lock.fence > 0) renewLogs(path);
    writing(path, () => removeTemps(path));
    const { manifest, resumed } = settleManifest(path, wanted, overwrite);
    return runOf(path, manifest, resumed, setting, lock);
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

function renewLogs(path: string): void {
  for (const name of namesIn(path)) if (name.endsWith('.jsonl')) renewLines(join(path, name));
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
      return { manifest: begunBy(path, manifest, wanted), resumed: true };
    } catch (cause) {
      const inTheWay =
        cause instanceof RecdistillError && ['run-differs', 'run-format', 'artifact-damaged'].includes(cause.code);
      if (!overwrite || !inTheWay) throw cause;
    }
  }
  try {
    if (exists) moveAside(path, isLockFile);
    writeManifest(file, wanted);
    writing(path, () => syncFolder(dirname(path)));
  } finally {
    finishOverwrite(path);
  }
  return { manifest: wanted, resumed: false };
}

/** Before the first checkpoint nothing is from the code of the units that began the run: the manifest gets that of now. */
function begunBy(path: string, manifest: RunManifest, { host }: RunManifest): RunManifest {
  const { useHashes } = host;
  if (JSON.stringify(useHashes) === JSON.stringify(manifest.host.useHashes)) return manifest;
  if (fs.existsSync(join(path, resultName)) || newestEpoch(path) !== undefined) return manifest;
  const now = { ...manifest, host };
  writeManifest(join(path, manifestName), now);
  return now;
}

function runOf(path: string, manifest: RunManifest, resumed: boolean, setting: RunSetting, lock: Lock): RunFolder {
  const sealed = manifest.sealed ?? false;
  let open = true;
  const held = (): void => {
    if (!open) throw new Error(`the run ${path} is closed`);
    lock.confirm();
  };
  const events = openLog(join(path, 'events.jsonl'), sealed, lock.confirm);
  const metrics = openLog(join(path, 'metrics.jsonl'), sealed, lock.confirm);
  const event = (fields: RunEvent): void => {
    held();
    events.append({ time: new Date().toISOString(), ...fields });
  };
  const isFinished = (): boolean => fs.existsSync(join(path, resultName));
  function* savingCheckpoint(checkpoint: Checkpoint): Generator<number, void> {
    held();
    events.sync();
    metrics.sync();
    yield* writingCheckpoint(path, manifest.hash, checkpoint);
  }
  return {
    path,
    manifest,
    resumed,
    event,
    metric(fields) {
      held();
      metrics.append(fields);
    },
    saveCheckpoint: (checkpoint) => runSync(savingCheckpoint(checkpoint)),
    savingCheckpoint,
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
      writeAtomic(join(path, checkedName(name)), typeof value === 'string' ? value : textOf(value));
    },
    readResult: (name) => readJsonResult(join(path, checkedName(name)), sealed),
    isFinished,
    confirm: held,
    close() {
      open = false;
      lock.release();
    },
  };
}

const textOf = (value: unknown): string =>
  isPlainObject(value) ? sealedText(value) : `${JSON.stringify(value, null, 2)}\n`;

function readJsonResult(path: string, sealed: boolean): unknown {
  const json = parseJsonFile(path);
  return isPlainObject(json) ? readCheckedJson(path, { sealed }).value : json;
}

function checkedName(name: string): string {
  const plain = basename(name) === name && !name.startsWith('.') && !reserved.includes(name) && !isLockFile(name);
  if (!plain) throw new TypeError(`"${name}" cannot name a result`);
  return name;
}

/** Names that a folder may contain before a run is created in it: files of a run that was killed at its start. */
const isBookkeeping = (name: string): boolean => isLockFile(name) || isTemp(name) || isOverwriteFolder(name);

function removeTemps(path: string): void {
  for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (isTemp(entry.name)) fs.rmSync(inner, { recursive: true, force: true });
    else if (entry.isDirectory())
      for (const name of fs.readdirSync(inner))
        if (isTemp(name)) fs.rmSync(join(inner, name), { recursive: true, force: true });
  }
}

/** Reads the manifest of a run without locking it. @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `run-differs` */
export const readRunManifest = (folder: string): RunManifest => readManifest(join(folder, manifestName));
