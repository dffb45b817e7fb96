/** Several models with one command and one table. A model that fails does not stop the others. */

import { join } from 'node:path';
import { holdsOut, type LoadedDataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import { evaluationFor } from '../../eval/index.js';
import { prepareTraining, runPrepared } from '../../experiment/index.js';
import { trainedTable } from '../../report/index.js';
import { hasShards, type JobResult, type RunResult } from '../../runs/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { type Failure, failureOf } from '../terminal/failure.js';
import { readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { nameGroup } from '../terminal/groups.js';
import { dryRun } from './dry-run.js';
import { checkFinalAsked, finalAsked } from './final.js';
import {
  belowPopular,
  bundleOf,
  distillSteps,
  type FinalJson,
  finalText,
  type JobJson,
  nextSteps,
  quoted,
} from './job.js';
import { isDryRun, memoryPerJobOf, withEngine } from './jobs.js';
import { loadData, sizeLine } from './load-data.js';
import { readSetting, type TrainSetting, trainingOf } from './training.js';

/** A trained model, or the error that ended its training. */
type Trained =
  | ({ readonly model: string; readonly final?: FinalJson } & JobJson)
  | { readonly model: string; readonly name: string; readonly error: Omit<Failure, 'exit'> };

/** @param loaded the data set, if it is there. @throws RecdistillError for any wrong option, before any work; `interrupted` */
export async function trainSeveral(given: Given, console: Console, loaded?: LoadedDataset): Promise<Answer> {
  const models = given.args;
  const twice = models.find((model, at) => models.indexOf(model) !== at);
  if (twice !== undefined) fail('usage', { problem: `${twice} is named twice`, hint: 'Name each model once.' });
  const setting = readSetting(given);
  const { name, runs } = readOptions(nameGroup, given);
  const dataset = loaded ?? (await loadData(setting.data, console.say));
  checkFinalAsked(given, dataset);
  const nameOf = (model: string) =>
    models.length === 1 ? (name ?? model) : name === undefined ? model : `${name}/${model}`;
  const request = { ...trainingOf(setting, dataset, given, nameOf), reuse: models.length > 1 };
  const folders = request.models.map((m) => join(runs, m.name));
  if (isDryRun(given))
    return dryRun(given, folders, async (kernels) => [
      { prepared: await prepareTraining({ ...request, kernels, memoryPerJob: memoryPerJobOf(given) }) },
    ]);
  const work = () =>
    withEngine(
      {
        given,
        console,
        metric: evaluationFor(setting.evaluation, dataset.train).selectBy,
        // Shards are jobs, too.
        count: request.models.some(({ model }) => hasShards(model)) ? Number.POSITIVE_INFINITY : models.length,
        folders,
      },
      async (engine) => {
        const prepared = await prepareTraining({ ...request, ...engine });
        console.say(sizeLine(dataset));
        return runPrepared(prepared, { ...request, ...engine });
      },
    );
  const { results, failed } = await offeringName(name ?? 'more', runs, work);
  const rows = request.models.map(({ name, model }): Trained => {
    const done = results.find((r) => r.job === name);
    if (done?.result && isWhole(done.result) && done.folder !== undefined) {
      const { folder, reused, result, valid = {} } = done;
      const bundle = bundleOf(model, folder);
      return { model, name, folder, reused, ...(bundle ? { bundle } : {}), valid, result };
    }
    const { exit: _, ...error } = failureOf(failed.find((f) => f.job === name)?.error);
    return { model, name, error };
  });
  const done: Trained[] = [];
  for (const row of rows) {
    if ('error' in row) done.push(row);
    else {
      const { name, folder } = row;
      const { evaluation } = setting;
      const final = await finalAsked({ given, dataset, evaluation, name, folder }, console);
      done.push({ ...row, ...(final ? { final } : {}) });
    }
  }
  return reportOf(done, setting, runs, dataset, console);
}

/** Whether all costs are known, as they are of models trained by recdistill. */
const isWhole = (result: RunResult): result is JobResult =>
  [result.parameters, result.bytes, result.latencyMicroseconds, result.seconds].every((cost) => cost !== undefined);

function reportOf(
  rows: readonly Trained[],
  { evaluation }: TrainSetting,
  runs: string,
  dataset: LoadedDataset,
  console: Console,
): Answer {
  const { at, selectBy } = evaluationFor(evaluation, dataset.train);
  const good = rows.flatMap((row) => ('error' in row ? [] : [row]));
  const bad = rows.flatMap((row) => ('error' in row ? [row] : []));
  const names = good.map((row) => quoted(row.name));
  const next =
    names.length > 0
      ? [
          '',
          nextSteps(console.program, runs, [
            ...distillSteps(
              good.map(({ name, result }) => ({ name, model: result.model })),
              runs,
              dataset,
            ),
            ...(holdsOut(dataset) ? [`${names.length > 1 ? 'compare' : 'evaluate'} ${names.join(' ')}`] : []),
          ]),
        ]
      : [];
  const failures = bad.flatMap(({ name, error }) => [`${name} failed: ${error.message}`, `  ${error.hint}`]);
  const notes = belowPopular(
    good.map(({ name, result, valid }) => ({ name, model: result.model, valid })),
    dataset,
    evaluation,
  );
  const finals = good.flatMap(({ name, final }) => (final ? [finalText(final, name)] : []));
  const text = [
    trainedTable(rows, at, selectBy).toText(),
    ...(finals.length > 0 ? ['', ...finals] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
    ...(bad.length > 0 ? ['', ...failures] : []),
    ...next,
  ].join('\n');
  return { text, json: { runs: rows, failed: bad.length }, failed: bad.length > 0 };
}
