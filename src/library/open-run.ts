/** Opens existing runs: folders of finished runs, and rankings of other programs. */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { dataOptions, finalDataset, loadDataset, rankingOptions, readExternalRankings } from '../data/index.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { createEvaluator, type EvaluationOptions, evaluationOptions } from '../eval/index.js';
import { type OptionsInput, parseOptions } from '../options/options.js';
import { createProgress, runInParts } from '../progress.js';
import {
  importingTeachers,
  isFinishedRun,
  nameOfFile,
  readingFinishedRun,
  readingTeacher,
  readSavedModel,
} from '../runs/index.js';
import { expectOptions, expectPath } from './check.js';
import { type Data, expectData, sourceOf } from './data.js';
import { createRun, type Run } from './run.js';

export interface OpenOptions {
  /** The data of the run. Default: loaded as the run recorded it. */
  readonly data?: Data;
  /** Name in tables. Default: the name of the folder. */
  readonly name?: string;
}

/**
 * Opens a finished run, made by the library or by the command line.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `needs-not-met` if it is not finished or did not record its data,
 *   `artifact-differs` if the data has changed
 */
export async function openRun(folder: string, options: OpenOptions = {}): Promise<Run> {
  expectPath(folder, 'openRun');
  expectOptions(options, 'openRun', ['data', 'name']);
  const { data: given, name = basename(folder) } = options;
  if (!existsSync(folder)) fail('file-missing', { path: folder });
  if (!isFinishedRun(folder)) {
    const hint = 'Repeat the call that started it, with the same folder: it resumes from the last checkpoint.';
    fail('needs-not-met', { problem: `${folder} has no finished run`, hint });
  }
  const step = createProgress().task(`reading ${name}`);
  const { manifest, result, rankings, source } = await runInParts(readingFinishedRun(folder), step);
  const repeated = given ?? (source ? await dataFrom(source) : noSource(folder));
  // A final fit recorded the data of the evaluated run.
  const data = result.repeated && repeated.fingerprint === result.repeated.data ? withAll(repeated) : repeated;
  if (data.fingerprint !== manifest.dataFingerprint) {
    const [before, now] = [manifest.dataFingerprint, data.fingerprint].map((hash) => hash.slice(0, 12));
    fail('artifact-differs', { path: folder, what: 'data', difference: `fingerprint was ${before}, now it is ${now}` });
  }
  const evaluator = createEvaluator(data, evaluationOf(result.options));
  const hidden = await runInParts(evaluator.parts.hidden(rankings), step);
  const evaluation = await runInParts(evaluator.parts.test(rankings), step);
  const teacher = await runInParts(readingTeacher(folder), step);
  return createRun({
    ...{ name, data, folder, hash: manifest.hash },
    outcome: {
      ...{ result, rankings, evaluation, reused: true },
      ...{ teacher, ...(hidden ? { hidden } : {}) },
    },
    teachers: Object.keys(manifest.inputs).flatMap((input) => /^teacher \d+: (.*)$/s.exec(input)?.[1] ?? []),
    parameters: () => readSavedModel(folder).parameters,
  });
}

const withAll = (repeated: Data): Data => ({ ...finalDataset(repeated), ...defined({ source: repeated.source }) });

async function dataFrom(recorded: Readonly<Record<string, unknown>>): Promise<Data> {
  const source = parseOptions(dataOptions, recorded, 'data');
  return { ...(await loadDataset(source)), source };
}

const noSource = (folder: string): never =>
  fail('needs-not-met', {
    problem: `${folder} did not record how its data was loaded`,
    hint: 'Load the data and pass it: openRun(folder, { data }).',
  });

/** How a run was evaluated. */
const evaluationOf = ({ at, selectBy, evalUsers }: Readonly<Record<string, unknown>>): EvaluationOptions =>
  parseOptions(evaluationOptions, { at, selectBy, evalUsers }, 'evaluation');

/** How a file of rankings is read, and how its teachers are evaluated. */
export interface ImportOptions extends OptionsInput<typeof rankingOptions>, OptionsInput<typeof evaluationOptions> {
  /** The data set with these ids. */
  readonly data: Data;
  /** Default: the name of the file. */
  readonly name?: string;
  /** Folder of the run, or of the runs if the file names its teachers. */
  readonly folder?: string;
  readonly overwrite?: boolean;
}

/**
 * Imports rankings of other programs (CSV, TSV, JSON lines, Parquet: user, item, rank or score) as finished runs, one per teacher in the file.
 * See docs/external-teachers.md.
 * @throws RecdistillError `file-missing`, `bad-data`, `unknown-option`, `bad-option`, `run-differs`, `write-failed`
 */
export async function importRankings(file: string, options: ImportOptions): Promise<readonly Run[]> {
  expectPath(file, 'importRankings');
  expectOptions(options, 'importRankings');
  const {
    data: given,
    name = nameOfFile(file),
    folder,
    overwrite = false,
    at,
    selectBy,
    evalUsers,
    ...reading
  } = options;
  const data = expectData(given, 'importRankings');
  const evaluation = evaluationOf({ at, selectBy, evalUsers });
  const columns = parseOptions(rankingOptions, reading, 'rankings');
  const external = await readExternalRankings(file, data, createEvaluator(data, evaluation).depth, columns);
  const source = sourceOf(data);
  const importing = importingTeachers({
    ...{ dataset: data, external, name, evaluation, overwrite },
    ...defined({ folder, source }),
  });
  const imported = await runInParts(importing, createProgress().task(`importing ${name}`));
  return imported.map((t) =>
    createRun({
      ...{ name: t.name, data, outcome: t.outcome, teachers: [], parameters: () => ({}) },
      hash: t.outcome.teacher.hash,
      ...(t.folder === undefined ? {} : { folder: t.folder }),
    }),
  );
}
