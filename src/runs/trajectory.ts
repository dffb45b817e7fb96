/** A teacher's trajectory on disk: `trajectory.json` and the rankings of each checkpoint, `<index>-epoch-<n>.safetensors`. */
import { join } from 'node:path';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { fail } from '../errors.js';
import { writingFolder } from '../formats/atomic.js';
import { readSealedJson, writeSealedJson } from '../formats/sealed-json.js';
import { eachInParts, runSync, within } from '../progress.js';
import { isPlainObject } from '../student/canonical-json.js';
import { readingRankings, writingRankings } from './rankings-file.js';

/** Expected properties of a trajectory. Absent fields are not compared. */
export interface TrajectoryExpectation {
  readonly dataFingerprint?: string;
  readonly nUsers?: number;
  /** Number of items. */
  readonly nItems?: number;
  /** Hash of the run. */
  readonly run?: string;
}

interface Index {
  readonly format: number;
  readonly teacher: string;
  readonly dataFingerprint: string;
  /** Hash of the run that it is part of. */
  readonly run?: string;
  readonly users: number;
  readonly catalogue: number;
  readonly depth: number;
  readonly checkpoints: readonly IndexEntry[];
  /** Checksum of the ranking of observed items, if the teacher has one. */
  readonly observed?: string;
}

interface IndexEntry {
  readonly epoch: number;
  readonly file: string;
  /** Checksum of the file, from its header. */
  readonly checksum: string;
  readonly metrics: Readonly<Record<string, number>>;
}

const format = 1;
const indexName = 'trajectory.json';
const observedName = 'observed.safetensors';
const filePattern = /^\d+-epoch-\d+\.safetensors$/;

/**
 * Writes a trajectory and replaces the one in `folder`. If writing fails, the old one is unchanged.
 * @throws RecdistillError `write-failed`, `usage` if the folder holds other files; TypeError if epochs do not ascend, or checkpoints differ in
 *   users, items or depth, or `observed` in users and items
 * @param run hash of the run that it is part of
 */
export const writeTrajectory = (folder: string, trajectory: Trajectory, run?: string): void =>
  runSync(writingTrajectory(folder, trajectory, run));

/** The same in parts. */
export function* writingTrajectory(folder: string, trajectory: Trajectory, run?: string): Generator<number, void> {
  const { teacher, dataFingerprint, checkpoints, observed } = trajectory;
  const first = checkpoints[0];
  if (!first) throw new TypeError('a trajectory has at least one checkpoint');
  const { nUsers, nItems, depth } = first.rankings;
  checkpoints.forEach(({ epoch, rankings: r }, n) => {
    const before = checkpoints[n - 1]?.epoch ?? -1;
    if (!Number.isSafeInteger(epoch) || epoch <= before)
      throw new TypeError(`checkpoint ${n} has epoch ${epoch} after ${before}`);
    if (r.nUsers !== nUsers || r.nItems !== nItems || r.depth !== depth) {
      throw new TypeError(`checkpoint ${n} has other users, items or depth than checkpoint 0`);
    }
  });
  if (observed && (observed.nUsers !== nUsers || observed.nItems !== nItems)) {
    throw new TypeError('the observed items have other users or items than checkpoint 0');
  }
  yield* writingFolder(
    folder,
    (name) => name === indexName || name === observedName || filePattern.test(name),
    function* (temp) {
      const share = checkpoints.length / (checkpoints.length + Number(observed !== undefined));
      const each = eachInParts(checkpoints, function* ({ epoch, metrics, rankings }, n): Generator<number, IndexEntry> {
        const file = `${n}-epoch-${epoch}.safetensors`;
        const meta = { teacher, dataFingerprint, epoch: String(epoch) };
        return { epoch, file, checksum: yield* writingRankings(join(temp, file), rankings, meta), metrics };
      });
      const entries = yield* within(each, 0, share);
      const own =
        observed &&
        (yield* within(writingRankings(join(temp, observedName), observed, { teacher, dataFingerprint }), share, 1));
      const sizes = { users: nUsers, catalogue: nItems, depth };
      const index: Index = {
        format,
        teacher,
        dataFingerprint,
        ...(run === undefined ? {} : { run }),
        ...sizes,
        checkpoints: entries,
        ...(own && { observed: own }),
      };
      writeSealedJson(join(temp, indexName), index);
    },
  );
}

/**
 * Reads a trajectory and checks all of it.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `artifact-differs` if it does not fit `expected`
 */
export const readTrajectory = (folder: string, expected: TrajectoryExpectation = {}): Trajectory =>
  runSync(readingTrajectory(folder, expected));

/** The same in parts. */
export function* readingTrajectory(
  folder: string,
  expected: TrajectoryExpectation = {},
): Generator<number, Trajectory> {
  const path = join(folder, indexName);
  const index = readIndex(path);
  for (const [word, before, now] of [
    ['fingerprint', index.dataFingerprint, expected.dataFingerprint],
    ['users', index.users, expected.nUsers],
    ['items', index.catalogue, expected.nItems],
  ] as const) {
    if (now === undefined || now === before) continue;
    fail('artifact-differs', { path: folder, what: 'data', difference: `${word} was ${before}, now ${now}` });
  }
  if (expected.run !== undefined && index.run !== undefined && index.run !== expected.run)
    fail('artifact-damaged', { path: folder, problem: 'it belongs to another run', hint });
  function* listed(file: string, checksum: string, depth?: number): Generator<number, Rankings> {
    const filePath = join(folder, file);
    const { rankings, checksum: given } = yield* readingRankings(filePath);
    if (given !== checksum)
      fail('artifact-damaged', { path: filePath, problem: `it is not the file that ${indexName} lists`, hint });
    const fits = rankings.nUsers === index.users && rankings.nItems === index.catalogue;
    if (!fits || (depth !== undefined && rankings.depth !== depth)) {
      fail('artifact-damaged', { path: filePath, problem: `its size is not the one in ${indexName}`, hint });
    }
    return rankings;
  }
  const { teacher, dataFingerprint, observed } = index;
  const share = index.checkpoints.length / (index.checkpoints.length + Number(observed !== undefined));
  const each = eachInParts(index.checkpoints, function* ({ epoch, file, checksum, metrics }) {
    return { epoch, metrics, rankings: yield* listed(file, checksum, index.depth) };
  });
  return {
    ...{ teacher, dataFingerprint, checkpoints: yield* within(each, 0, share) },
    ...(observed === undefined ? {} : { observed: yield* within(listed(observedName, observed), share, 1) }),
  };
}

/** Epoch and metrics on valid of each checkpoint. The rankings are not read. @throws RecdistillError as `readTrajectory` */
export const readCheckpointMetrics = (folder: string): readonly Pick<IndexEntry, 'epoch' | 'metrics'>[] =>
  readIndex(join(folder, indexName)).checkpoints.map(({ epoch, metrics }) => ({ epoch, metrics }));

/** The metrics on valid of the best checkpoint. The rankings are not read. @throws RecdistillError as `readTrajectory` */
export const readTrajectoryMetrics = (folder: string): Readonly<Record<string, number>> =>
  readCheckpointMetrics(folder).at(-1)?.metrics ?? {};

const hint = 'Delete the trajectory folder and train the teacher again.';

function readIndex(path: string): Index {
  const json = readSealedJson(path, hint);
  if (json.format !== format) {
    fail('artifact-differs', {
      path,
      what: 'format',
      difference: `format is ${json.format}, this version reads ${format}`,
    });
  }
  const { checkpoints, teacher, dataFingerprint } = json;
  const valid =
    typeof teacher === 'string' &&
    typeof dataFingerprint === 'string' &&
    [json.users, json.catalogue, json.depth].every(Number.isSafeInteger) &&
    Array.isArray(checkpoints) &&
    checkpoints.length > 0 &&
    // The pattern also prevents file names outside of the folder.
    checkpoints.every((c) => isPlainObject(c) && Number.isSafeInteger(c.epoch) && filePattern.test(String(c.file)));
  if (!valid) fail('artifact-damaged', { path, problem: 'it is not a list of checkpoints', hint });
  return json as unknown as Index;
}
