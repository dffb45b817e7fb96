/** Finds runs by the names that users give, and reads what they left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DataOptions, LoadedDataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import { type EvaluationOptions, evaluationOptions } from '../../eval/index.js';
import { modelRegistry } from '../../models/index.js';
import { nearest } from '../../nearest.js';
import {
  capabilitiesOf,
  type FinishedRun,
  isBrokenLink,
  isFinishedRun,
  isRun,
  readFinishedRun,
  resolveRun,
  type TeacherProfile,
} from '../../runs/index.js';
import type { Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroup, evaluationGroup } from '../terminal/groups.js';
import { noteUses } from '../use.js';
import { loadData } from './load-data.js';

/** The folder of a run and the name that the user knows it by. Where the name is a link, the folder is that of the run that it stands for. */
export interface RunPlace {
  readonly name: string;
  readonly folder: string;
}

/** The names of all runs below `runs`, nested ones as `demo/ease`. */
export function runNames(runs: string, prefix = ''): string[] {
  const folder = join(runs, prefix);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => (prefix === '' ? entry.name : `${prefix}/${entry.name}`))
    .sort()
    .flatMap((name) => {
      const place = join(runs, name);
      // A name whose run is gone stays a name, so that whoever asks for it is told.
      if (isRun(place) || isBrokenLink(place)) return [name];
      return name.split('/').length < 4 ? runNames(runs, name) : [];
    });
}

/**
 * Where a run of this name, or the folder of this path, is; undefined if neither is there.
 * @throws RecdistillError `needs-not-met` if the name stands for a run that is gone
 */
export function placeOf(given: string, runs: string): RunPlace | undefined {
  const folder = [join(runs, given), given].find((path) => existsSync(path));
  return folder === undefined ? undefined : { name: given, folder: resolveRun(folder) };
}

/** The run called `given`, or all runs in the folder called so. @throws RecdistillError `unknown-name` */
export function findRuns(given: string, runs: string): RunPlace[] {
  const place = placeOf(given, runs);
  if (place && isRun(place.folder)) return [place];
  const inner = place
    ? runNames(place.folder).map((name) => ({
        name: `${place.name}/${name}`,
        folder: resolveRun(join(place.folder, name)),
      }))
    : [];
  return inner.length > 0 ? inner : noRun(given, runs);
}

/** @throws RecdistillError `unknown-name`, with the nearest run */
export function noRun(given: string, runs: string): never {
  const names = runNames(runs);
  const near = nearest(given, names);
  const some = `${names.slice(0, 10).join(', ')}${names.length > 10 ? ' and others' : ''}`;
  const known = near
    ? `${near} (the nearest), of ${names.length} in ${runs}`
    : some || `none in ${runs}; train one first`;
  return fail('unknown-name', { kind: 'run', given, known });
}

/** @throws RecdistillError `unknown-name`, `needs-not-met` if it is not finished, `artifact-damaged` */
export function readRun(place: RunPlace): FinishedRun {
  if (!isFinishedRun(place.folder)) {
    fail('needs-not-met', {
      problem: `the run ${place.name} is not finished`,
      hint: 'Run the command that made it again; it goes on from its last checkpoint.',
    });
  }
  const run = readFinishedRun(place.folder);
  noteUses(run.manifest.host.uses);
  return run;
}

/**
 * Loads the data that a run was made on, or without a run the data that is given.
 * @param given data flags replace recorded options, for a source that has moved
 * @throws RecdistillError `needs-not-met` if nothing was recorded and nothing given, and as `loadDataset`
 */
export async function loadDataOf(
  run: FinishedRun | undefined,
  given: Given,
  say: (text: string) => void,
): Promise<{ data: DataOptions; dataset: LoadedDataset }> {
  if (run && !run.source && given.flags.data === undefined) {
    fail('needs-not-met', {
      problem: `${run.folder} does not say where its data came from`,
      hint: 'Name the data with --data and the options that it was made with.',
    });
  }
  const data = readOptions(dataGroup, given, run?.source);
  return { data, dataset: await loadData(data, say) };
}

/**
 * How the models of a command are judged: as given, and where nothing is given as `run` was, so that both can be compared.
 * @throws RecdistillError `bad-option`
 */
export function readEvaluation(run: FinishedRun | undefined, given: Given): EvaluationOptions {
  const recorded = Object.entries(run?.result.options ?? {}).filter(([name]) => name in evaluationOptions.shape);
  return readOptions(evaluationGroup, given, Object.fromEntries(recorded));
}

/** What a finished run can hand over as a teacher. @throws RecdistillError as `readRun` */
export function teacherProfile(place: RunPlace): TeacherProfile {
  const { model } = readRun(place).result;
  return { name: place.name, has: capabilitiesOf(modelRegistry.all().find((m) => m.name === model)) };
}
