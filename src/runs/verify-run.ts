/** Checks every file of a run folder: checksums, sizes, finite parameters, and whether the files belong together. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '../bundle/index.js';
import { fail, RecdistillError } from '../errors.js';
import { readSealedLines } from '../formats/lines.js';
import { readSafetensors } from '../formats/safetensors.js';
import { readCheckedJson } from '../formats/sealed-json.js';
import { bundleFiles } from '../student/index.js';
import { newestEpoch } from './checkpoint.js';
import { expectOwn, jobFiles, rankingsFile, readFinishedResult, SEARCH_LOG } from './finished.js';
import type { RunResult } from './outcome.js';
import { readRankings } from './rankings-file.js';
import { type RunLogs, readLogs } from './read-logs.js';
import { readRunManifest } from './run-folder.js';
import { FINAL, type RunManifest, runHash } from './run-manifest.js';
import { readTrajectory } from './trajectory.js';

/** The outcome of a check of one thing on disk. */
export interface Verified {
  readonly path: string;
  /** What it is, such as `run of bpr-mf`. */
  readonly what: string;
  /** `unfinished`: whole so far; the command that makes it continues it. */
  readonly state: 'whole' | 'unfinished' | 'damaged';
  readonly files: number;
  /** Size of all files. */
  readonly bytes: number;
  /** What is damaged, one sentence each; empty unless `state` is `damaged`. */
  readonly problems: readonly string[];
  /** Facts such as that an earlier version wrote no checksums. */
  readonly notes: readonly string[];
}

/** Collects the problems of one thing. */
export interface Checks {
  /** Runs a check. A failure becomes a problem, and the result is undefined. */
  try<T>(check: () => T | Promise<T>): Promise<T | undefined>;
  note(text: string): void;
  result(what: string, unfinished?: boolean): Verified;
}

export function checksOf(path: string): Checks {
  const problems: string[] = [];
  const notes: string[] = [];
  return {
    async try(check) {
      try {
        return await check();
      } catch (error) {
        if (!(error instanceof RecdistillError)) throw error;
        problems.push(error.message);
        return undefined;
      }
    },
    note: (text) => void notes.push(text),
    result(what, unfinished = false) {
      const state = problems.length > 0 ? 'damaged' : unfinished ? 'unfinished' : 'whole';
      return { path, what, state, ...sizeOf(path), problems: [...new Set(problems)], notes };
    },
  };
}

function sizeOf(folder: string): { readonly files: number; readonly bytes: number } {
  const names = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  const sizes = names.flatMap((name) => {
    const stat = statSync(name, { throwIfNoEntry: false });
    return stat?.isFile() ? [stat.size] : [];
  });
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

export const UNSEALED = 'has no checksums of its JSON files and logs: written by an earlier version';

/** Checks a run folder or the folder of a search. It is not locked: a run that is in use may change meanwhile. */
export async function verifyRun(folder: string): Promise<Verified> {
  const checks = checksOf(folder);
  const within = (name: string): string => join(folder, name);
  const has = (name: string): boolean => existsSync(within(name));
  const manifest = await checks.try(() => {
    const found = readRunManifest(folder);
    if (runHash(found) !== found.hash)
      fail('artifact-damaged', { path: within('manifest.json'), problem: 'its hash does not match its fields' });
    return found;
  });
  if (manifest === undefined) return checks.result('run');
  if (!manifest.sealed) checks.note(UNSEALED);
  const logs = await checks.try(() => readLogs(folder));
  if (has(SEARCH_LOG)) {
    const trials = await checks.try(() => readSealedLines(within(SEARCH_LOG), manifest.sealed).length);
    return checks.result(`search of ${manifest.options.model}, ${trials ?? '?'} trials`);
  }
  for (const name of [jobFiles.source, jobFiles.ensemble, 'import.json'])
    if (has(name)) await checks.try(() => readCheckedJson(within(name), { sealed: manifest.sealed }));
  const seenParts = within(jobFiles.seenParts);
  if (existsSync(seenParts))
    await checks.try(() => expectOwn(seenParts, readSafetensors(seenParts).metadata, manifest));
  for (const part of ['checkpoints', 'snapshots'])
    for (const name of has(part) ? readdirSync(within(part)) : [])
      if (name.endsWith('.safetensors')) await checks.try(() => readSafetensors(join(folder, part, name)));
  const what = `${manifest.kind === FINAL ? 'final fit' : 'run'} of ${manifest.options.model ?? manifest.options.teacher}`;
  if (!has(jobFiles.result)) {
    const epoch = newestEpoch(folder);
    const reached = epoch === undefined ? 'without a checkpoint' : `with a checkpoint of epoch ${epoch}`;
    return checks.result(manifest.kind === 'tune' ? 'search' : `${what}, ${reached}`, true);
  }
  const result = await checks.try(() => readFinishedResult(folder));
  if (result !== undefined) await checkFinished(folder, manifest, { result, logs }, checks);
  return checks.result(what);
}

/** Checks what a finished run has, and that it fits its manifest and its result. */
async function checkFinished(
  folder: string,
  manifest: RunManifest,
  { result, logs }: { readonly result: RunResult; readonly logs: RunLogs | undefined },
  checks: Checks,
) {
  const within = (name: string): string => join(folder, name);
  const { hash, dataFingerprint } = manifest;
  const ranked = await checks.try(() => {
    const path = within(rankingsFile(manifest));
    const { rankings, meta } = readRankings(path);
    expectOwn(path, meta, manifest);
    return rankings;
  });
  const { nUsers, nItems } = ranked ?? {};
  await checks.try(() => {
    const sizes = ranked ? { nUsers: ranked.nUsers, nItems: ranked.nItems } : {};
    readTrajectory(within(jobFiles.trajectory), { run: hash, dataFingerprint, ...sizes });
  });
  if (existsSync(within(jobFiles.model)))
    await checks.try(() => {
      const path = within(jobFiles.model);
      const { metadata, tensors } = readSafetensors(path);
      expectOwn(path, metadata, manifest);
      for (const [name, { data }] of tensors)
        if (data instanceof Float32Array && !data.every(Number.isFinite))
          fail('artifact-damaged', { path, problem: `its parameter ${name} has values that are not finite` });
      if (metadata.get('model') !== result.model)
        fail('artifact-damaged', {
          path,
          problem: `it is of ${metadata.get('model')}; the result is of ${result.model}`,
        });
    });
  const student = within(jobFiles.student);
  if (existsSync(join(student, bundleFiles.manifest)))
    await checks.try(async () => {
      const { manifest: bundle } = await readBundle(student);
      const differ = (what: string, given: unknown, expected: unknown): void => {
        if (given !== expected)
          fail('artifact-damaged', { path: student, problem: `it has ${given} as ${what}; the run has ${expected}` });
      };
      differ('data fingerprint', bundle.dataFingerprint, dataFingerprint);
      if (nUsers !== undefined && bundle.kind !== 'items-only') differ('number of users', bundle.users, nUsers);
      if (nItems !== undefined) differ('number of items', bundle.items, nItems);
    });
  if (logs === undefined) return;
  await checks.try(() => {
    const path = within('metrics.jsonl');
    const epochs = logs.metrics.map((line) => line.epoch);
    const twice = epochs.find((epoch, n) => epochs.indexOf(epoch) !== n);
    if (twice !== undefined) fail('artifact-damaged', { path, problem: `it has epoch ${twice} twice` });
    if (!epochs.includes(result.bestEpoch))
      fail('artifact-damaged', { path, problem: `it lacks epoch ${result.bestEpoch}, the best of the result` });
  });
}
