/** Finds runs by name or folder, and reads them. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DataOptions, isWrittenSplit, type LoadedDataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import { type EvaluationOptions, evaluationOptions, fittingMetric } from '../../eval/index.js';
import { modelRegistry } from '../../models/index.js';
import { nearest } from '../../nearest.js';
import { ownOptions } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import {
  type FinishedRun,
  isBrokenLink,
  isFinishedRun,
  isRun,
  profileOf,
  readingFinishedRun,
  refuseFinal,
  resolveRun,
  type TeacherProfile,
} from '../../runs/index.js';
import type { Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroup, evaluationGroup, runsGroup } from '../terminal/groups.js';
import { noteUses } from '../use.js';
import { loadData } from './load-data.js';

/** The name of a run as given, and its folder. If the name is a link, the folder is that of the linked run. */
export interface RunPlace {
  readonly name: string;
  readonly folder: string;
}

/** The names of all runs below `runs`, nested ones as `demo/ease`. */
export function runNames(runs: string, prefix = ''): string[] {
  const folder = join(runs, prefix);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => (prefix === '' ? entry.name : `${prefix}/${entry.name}`))
    .sort()
    .flatMap((name) => {
      const place = join(runs, name);
      // A link to a deleted run is listed, so that using it gives an error.
      if (isRun(place) || isBrokenLink(place)) return [name];
      return name.split('/').length < 4 ? runNames(runs, name) : [];
    });
}

/**
 * The run of this name, or the folder of this path; undefined if neither exists.
 * @throws RecdistillError `needs-not-met` if the name links to a deleted run
 */
export function placeOf(given: string, runs: string): RunPlace | undefined {
  const folder = [join(runs, given), given].find((path) => existsSync(path));
  return folder === undefined ? undefined : { name: given, folder: resolveRun(folder) };
}

/** The run of this name, or all runs in the folder of this name. @throws RecdistillError `unknown-name` */
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

/** The runs that arguments name. @throws RecdistillError `unknown-name` */
export function runsGiven(given: Given, names: readonly string[] = given.args): RunPlace[] {
  const { runs } = readOptions(runsGroup, given);
  return names.flatMap((name) => findRuns(name, runs));
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

/** @throws RecdistillError `unknown-name`, `needs-not-met` if it is not finished, or a final fit, which was not evaluated; `artifact-damaged` */
export async function readRun(place: RunPlace): Promise<FinishedRun> {
  const run = await readAnyRun(place);
  refuseFinal(place.name, run.manifest.kind, 'cannot be evaluated, compared or taught from');
  return run;
}

export interface NamedRun {
  readonly name: string;
  readonly run: FinishedRun;
}

/** The runs with their names. @throws RecdistillError as `readRun` */
export async function readRuns(places: readonly RunPlace[]): Promise<NamedRun[]> {
  const runs: NamedRun[] = [];
  for (const place of places) runs.push({ name: place.name, run: await readRun(place) });
  return runs;
}

/** The same as `readRun` for a final fit, too. */
export async function readAnyRun(place: RunPlace): Promise<FinishedRun> {
  if (!isFinishedRun(place.folder)) {
    fail('needs-not-met', {
      problem: `the run ${place.name} is not finished`,
      hint: 'Repeat the command that made it; it continues from the last checkpoint.',
    });
  }
  const run = await runInParts(readingFinishedRun(place.folder), createProgress().task(`reading ${place.name}`));
  noteUses(run.manifest.host.uses);
  return run;
}

/**
 * Loads the data of a run, or the given data if there is no run.
 * @param given data flags override the recorded options, for a source that has moved. Of a split that recdistill wrote nothing is filtered again
 * @throws RecdistillError `needs-not-met` if the run recorded no data and none is given, and as `loadDataset`
 */
export async function loadDataOf(
  run: FinishedRun | undefined,
  given: Given,
  say: (text: string) => void,
): Promise<{ data: DataOptions; dataset: LoadedDataset }> {
  if (run && !run.source && given.flags.data === undefined) {
    fail('needs-not-met', {
      problem: `${run.folder} has no record of its data`,
      hint: 'Give --data and the data options of the run.',
    });
  }
  const source = [given.flags.data ?? []].flat();
  const settled = source.length === 1 && isWrittenSplit(source[0]);
  const data = readOptions(dataGroup, given, settled ? undefined : run?.source);
  return { data, dataset: await loadData(data, say) };
}

/**
 * The evaluation options as given; default: those of `run`, so that both can be compared.
 * @throws RecdistillError `bad-option`
 */
export function readEvaluation(run: FinishedRun | undefined, given: Given): EvaluationOptions {
  const recorded = ownOptions(evaluationOptions, run?.result.options ?? {});
  const o = readOptions(evaluationGroup, given, recorded);
  return given.flags.selectBy === undefined ? { ...o, selectBy: fittingMetric(o) } : o;
}

/** As `teacherProfile`, of several. */
export async function teacherProfiles(places: readonly RunPlace[]): Promise<TeacherProfile[]> {
  const profiles: TeacherProfile[] = [];
  for (const place of places) profiles.push(await teacherProfile(place));
  return profiles;
}

/** The capabilities of a finished run as a teacher. @throws RecdistillError as `readRun` */
export async function teacherProfile(place: RunPlace): Promise<TeacherProfile> {
  const { model } = (await readRun(place)).result;
  return profileOf(
    place.name,
    modelRegistry.all().find((m) => m.name === model),
  );
}
