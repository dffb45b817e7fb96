/** Several models with one command: in turn or side by side, one that fails does not stop the others, one table at the end. */

import { fail, RecdistillError } from '../../errors.js';
import { int, options } from '../../options/options.js';
import { trainedTable } from '../../report/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { failureOf } from '../terminal/failure.js';
import { readOptions, rowsOf } from '../terminal/flags.js';
import { differsHint, freeName } from '../terminal/free-name.js';
import { group, modelGroup, nameGroup } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { distillStep, jsonOf, nextSteps, quoted } from './job.js';
import { loadData } from './load-data.js';
import { type OneOfSeveral, type Trained, trainSideBySide } from './side-by-side.js';
import { readSetting, type TrainSetting, trainGroups, trainOne } from './train-one.js';

export const severalGroup = group(
  'Several models',
  'train',
  options({
    sideBySide: int({
      default: 1,
      min: 1,
      max: 64,
      help: 'Models that are trained at the same time, each in a process of its own; the threads are divided between them.',
    }),
  }),
);

/** @throws RecdistillError for anything that is wrong with the options, before any work; `interrupted` */
export async function trainSeveral(given: Given, console: Console): Promise<Answer> {
  const models = given.args;
  const twice = models.find((model, at) => models.indexOf(model) !== at);
  if (twice !== undefined) fail('usage', { problem: `${twice} is named twice`, hint: 'Name each model once.' });
  const setting = readSetting(models, given);
  const { sideBySide } = readOptions(severalGroup, given);
  const jobs = models.map((model) => oneOf(model, given));
  const rows =
    sideBySide > 1 ? await trainSideBySide(jobs, sideBySide, given, console) : await inTurn(jobs, setting, console);
  const { name, runs } = readOptions(nameGroup, given);
  // Alone, a model would be told to take a name of its own; here one name stands for all of them.
  const rename = `--name ${freeName(name ?? 'more', runs)}`;
  return reportOf(
    rows.map((row) => renamed(row, rename)),
    setting,
    runs,
    console,
  );
}

const renamed = (row: Trained, rename: string): Trained =>
  'error' in row && row.error.code === 'run-differs'
    ? { ...row, error: { ...row.error, hint: differsHint(rename) } }
    : row;

/** The model's own part of what was given for all of them. */
function oneOf(model: string, given: Given): OneOfSeveral {
  const known = new Set(rowsOf([modelGroup(model), ...trainGroups]).map((row) => row.name));
  const flags = Object.fromEntries(Object.entries(given.flags).filter(([name]) => known.has(name)));
  const name = flags.name === undefined ? model : `${flags.name}/${model}`;
  return { model, name, given: { args: [model], flags: { ...flags, name } } };
}

function inTurn(jobs: readonly OneOfSeveral[], setting: TrainSetting, console: Console): Promise<Trained[]> {
  return interruptible(console.say, async (signal) => {
    const dataset = await loadData(setting.data, console.say);
    const rows: Trained[] = [];
    for (const { model, name, given } of jobs) {
      if (signal.aborted) fail('interrupted', { what: `training, before ${name},` });
      try {
        rows.push({ model, ...jsonOf(await trainOne(model, setting, dataset, given, console, signal)) });
      } catch (cause) {
        if (cause instanceof RecdistillError && cause.code === 'interrupted') throw cause;
        const { exit: _, ...error } = failureOf(cause);
        console.say(`${name} failed: ${error.message}`);
        rows.push({ model, name, error });
      }
    }
    return rows;
  });
}

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
