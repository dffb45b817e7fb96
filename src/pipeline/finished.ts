/** What a finished job left in its run folder, read without the data and without a lock. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleFiles,
  parseJsonFile,
  type RunManifest,
  readRankings,
  readRunManifest,
  readTrajectory,
} from '../artifact/index.js';
import type { Rankings } from '../data/rankings.js';
import type { JobResult, Teacher } from './job.js';

/** Names of the files of a job in its run folder, beside those that every run has. */
export const jobFiles = {
  model: 'model.safetensors',
  rankings: 'rankings-test.safetensors',
  trajectory: 'trajectory',
  /** Its presence says that the run is finished. */
  result: 'result.json',
  /** How the data set was loaded. */
  source: 'data.json',
} as const;

export interface FinishedRun {
  readonly folder: string;
  readonly manifest: RunManifest;
  readonly result: JobResult;
  /** Top lists for testing, train and valid items left out. */
  readonly rankings: Rankings;
  /** The data options that the run recorded, if it did. */
  readonly source?: Readonly<Record<string, unknown>>;
}

/** A student bundle has a manifest, too. */
export const isRun = (folder: string): boolean =>
  existsSync(join(folder, 'manifest.json')) && !existsSync(join(folder, bundleFiles.tensors));

export const isFinishedRun = (folder: string): boolean => existsSync(join(folder, jobFiles.result));

/** @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged` */
export function readFinishedRun(folder: string): FinishedRun {
  const source = join(folder, jobFiles.source);
  return {
    folder,
    manifest: readRunManifest(folder),
    result: parseJsonFile(join(folder, jobFiles.result)) as JobResult,
    rankings: readRankings(join(folder, jobFiles.rankings)).rankings,
    ...(existsSync(source) ? { source: parseJsonFile(source) as Record<string, unknown> } : {}),
  };
}

/** The trajectory of a finished run, as a teacher. @throws RecdistillError as `readFinishedRun` */
export function readTeacher(folder: string): Teacher {
  return { trajectory: readTrajectory(join(folder, jobFiles.trajectory)), hash: readRunManifest(folder).hash };
}
