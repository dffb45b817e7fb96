/** Several models with one command: one that fails does not stop the others, one table at the end. */
import type { LoadedDataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import { prepareTraining, runPrepared } from '../../experiment/index.js';
import { trainedTable } from '../../report/index.js';
import type { JobResult, RunResult } from '../../runs/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { type Failure, failureOf } from '../terminal/failure.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { modelGroup, nameGroup } from '../terminal/groups.js';
import { dryRun } from './dry-run.js';
import { bundleOf, checkName, distillStep, type JobJson, nextSteps, quoted, trajectoryGroup } from './job.js';
import { isDryRun, withEngine } from './jobs.js';
import { loadData } from './load-data.js';
import { costLines } from './pipeline-run.js';
import { optionsBeneath } from './preset.js';
import { portable } from './source.js';
import { readSetting, type TrainSetting } from './train-one.js';

/** What became of one of the models. */
type Trained =
  | ({ readonly model: string } & JobJson)
  | { readonly model: string; readonly name: string; readonly error: Omit<Failure, 'exit'> };

/** @throws RecdistillError for anything that is wrong with the options, before any work; `interrupted` */
export async function trainSeveral(given: Given, console: Console): Promise<Answer> {
  const models = given.args;
  const twice = models.find((model, at) => models.indexOf(model) !== at);
  if (twice !== undefined) fail('usage', { problem: `${twice} is named twice`, hint: 'Name each model once.' });
  const setting = readSetting(models, given);
  const { name, runs } = readOptions(nameGroup, given);
  const dataset = await loadData(setting.data, console.say);
  const request = trainingOf(models, setting, dataset, given, (model) =>
    name === undefined ? model : `${name}/${model}`,
  );
  if (isDryRun(given)) return dryRun(given, async () => [{ prepared: await prepareTraining(request) }]);
  const work = () =>
    withEngine({ given, console, metric: setting.evaluation.selectBy, count: models.length }, async (engine) => {
      const prepared = await prepareTraining({ ...request, ...engine });
      for (const line of costLines({ dataset, prepared })) console.say(line);
      return runPrepared(prepared, { ...request, ...engine });
    });
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
  return reportOf(rows, setting, runs, console);
}

/** What is asked of the models, each with its own part of the options that were given for all of them. */
export function trainingOf(
  models: readonly string[],
  { evaluation, data, preset }: TrainSetting,
  dataset: LoadedDataset,
  given: Given,
  nameOf: (model: string) => string,
) {
  const { runs, overwrite } = readOptions(nameGroup, given);
  return {
    ...{ dataset, data: portable(data), evaluation, trajectory: readOptions(trajectoryGroup, given), runs, overwrite },
    models: models.map((model) => {
      const name = nameOf(model);
      checkName(name);
      const options = { ...optionsBeneath(preset, model, dataset), ...givenOf(modelGroup(model).schema, given) };
      return { name, model, options };
    }),
  };
}

/** Whether the cost is known, as it is of every model that was trained here. */
const isWhole = (result: RunResult): result is JobResult =>
  [result.parameters, result.bytes, result.latencyMicroseconds, result.seconds].every((cost) => cost !== undefined);

function reportOf(rows: readonly Trained[], { evaluation }: TrainSetting, runs: string, console: Console): Answer {
  const { at, selectBy } = evaluation;
  const good = rows.flatMap((row) => ('error' in row ? [] : [row]));
  const bad = rows.flatMap((row) => ('error' in row ? [row] : []));
  const names = good.map((row) => quoted(row.name));
  const next =
    names.length > 0
      ? [
          '',
          nextSteps(console.program, runs, [
            distillStep(good.map((row) => row.name).join(','), runs),
            `${names.length > 1 ? 'compare' : 'evaluate'} ${names.join(' ')}`,
          ]),
        ]
      : [];
  const failures = bad.flatMap(({ name, error }) => [`${name} failed: ${error.message}`, `  ${error.hint}`]);
  const text = [trainedTable(rows, at, selectBy).toText(), ...(bad.length > 0 ? ['', ...failures] : []), ...next].join(
    '\n',
  );
  return { text, json: { runs: rows, failed: bad.length }, failed: bad.length > 0 };
}
