/** Shared by the tests of this folder: a small data set, kernels, temporary folders. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type LoadedDataset, loadDataset } from '../data/index.js';
import { type ErrorCode, RecdistillError } from '../errors.js';
import { createKernels } from '../kernels/index.js';
import { jobFiles } from './finished.js';
import type { Teacher } from './outcome.js';

export const kernels = createKernels({ threads: 2, memoryLimit: 2 ** 28 });
const root = mkdtempSync(join(tmpdir(), 'recdistill-pipeline-'));
after(() => {
  kernels.close();
  rmSync(root, { recursive: true });
});

let made = 0;
/** A path in a temporary folder that does not exist yet. */
export const newFolder = (): string => join(root, `run-${++made}`);

export const SMALL = 'synthetic:60x80x900';
let loaded: Promise<LoadedDataset> | undefined;
export const smallData = (): Promise<LoadedDataset> => {
  loaded ??= loadDataset({ data: SMALL });
  return loaded;
};

export const evaluation = { at: [5, 10], selectBy: 'recall@10' };

/** Options under which a factor model trains quickly. */
export const quick = { dim: 4, epochs: 6, batchSize: 64, evaluateEvery: 1, patience: 50, learningRate: 0.05 };

/** True for an error of this code whose message and hint are sentences. */
export const refusedAs =
  (code: ErrorCode, message: RegExp = /./) =>
  (e: unknown): boolean =>
    e instanceof RecdistillError && e.code === code && message.test(e.message) && / /.test(e.hint);

/** The files of every finished run; the weights of an ensemble are in some only. */
export const fixedFiles = Object.values(jobFiles).filter((name) => name !== jobFiles.ensemble);

/** What a teacher knows. Its lists of test are a function, which reads them when they are needed. */
export const contentsOf = ({ tested, ...teacher }: Teacher): object => ({ ...teacher, tested: tested?.() });
