import { defaultMetrics } from '../../eval/index.js';
import { writeAtomic } from '../../formats/index.js';
import { flag, optionalText, options } from '../../options/options.js';
import type { Command } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { formatMetric } from '../terminal/format.js';
import { dataGroup, group, runsGroup } from '../terminal/groups.js';
import { renderTable } from '../terminal/table.js';
import { nextSteps, quoted } from './job.js';
import { atOption, type Judged, judgeRuns, partOption, partTitles, valuesOf } from './judge.js';
import { findRuns } from './runs.js';

const evaluateGroup = group(
  'Evaluation',
  'evaluate',
  options({
    at: atOption,
    part: partOption,
    metrics: flag({ default: false, help: 'Show all metrics, not only recall and NDCG.' }),
    perUser: optionalText({ help: 'Write the values of every user to this TSV file.' }),
  }),
);

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Judge finished runs on their test part, in all metrics',
  about: [
    'Nothing is trained: the rankings that the runs kept are judged.',
    'RUN is a name, a folder, or the name of a whole pipeline. `compare` says which differences are significant.',
    'Data options are only needed where the source has moved since.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs.', required: true, many: true }],
  groups: [evaluateGroup, runsGroup, dataGroup],
  examples: [
    ['evaluate bpr-mf', 'how good is it?'],
    ['evaluate demo --metrics', 'every run of the demo, all metrics'],
    ['evaluate ease bpr-mf --at 5,20 --per-user values.tsv', 'other list lengths, values for a figure'],
  ],
  async run(given, console) {
    const o = readOptions(evaluateGroup, given);
    const { runs } = readOptions(runsGroup, given);
    const places = given.args.flatMap((name) => findRuns(name, runs));
    const { judged, at } = await judgeRuns(places, o.at, given, o.part);
    const nUsers = judged[0]!.evaluation.users.length;
    const shown = o.metrics ? [...defaultMetrics] : ['recall', 'ndcg'];
    if (o.perUser !== undefined) {
      writeAtomic(o.perUser, perUserText(judged));
      console.say(`Values of every user: ${o.perUser}`);
    }
    const sameUsers = judged.every((j) => j.evaluation.users.length === nUsers);
    const sameData = judged.every((j) => j.dataset.fingerprint === judged[0]!.dataset.fingerprint);
    const text = [
      `${partTitles[o.part]}, full ranking, mean over ${sameUsers ? nUsers : 'the'} users.`,
      '',
      metricsTable(judged, shown, at),
      ...(sameData ? [] : ['', 'These runs are of different data: their numbers cannot be compared.']),
      ...(sameData && judged.length > 1
        ? ['', nextSteps(console.program, runs, [`compare ${given.args.map(quoted).join(' ')}`])]
        : []),
    ].join('\n');
    return { text, json: { part: o.part, nUsers, runs: judged.map(runJson) } };
  },
};

/** Few metrics stand beside each other; many stand below each other, with a column for each run. */
function metricsTable(judged: readonly Judged[], shown: readonly string[], at: readonly number[]): string {
  const keys = shown.flatMap((m) => at.map((k) => `${m}@${k}`));
  const cell = (j: Judged, key: string) => formatMetric(valuesOf(j)[key]);
  const right = (title: string) => ({ title, right: true });
  return keys.length <= 6
    ? renderTable(
        [{ title: 'run' }, ...keys.map(right)],
        judged.map((j) => [j.name, ...keys.map((key) => cell(j, key))]),
      )
    : renderTable(
        [{ title: 'metric' }, ...judged.map((j) => right(j.name))],
        keys.map((key) => [key, ...judged.map((j) => cell(j, key))]),
      );
}

/** One line for each run and evaluated user. */
function perUserText(judged: readonly Judged[]): string {
  const keys = Object.keys(judged[0]!.evaluation.perUser);
  const plain = (id: string) => id.replace(/[\t\r\n]/g, ' ');
  const lines = judged.flatMap(({ name, dataset, evaluation: { users, perUser } }) =>
    Array.from(users, (u, row) =>
      [name, plain(dataset.users.ids[u]!), ...keys.map((key) => perUser[key]![row])].join('\t'),
    ),
  );
  return `${[['run', 'user', ...keys].join('\t'), ...lines].join('\n')}\n`;
}

function runJson(j: Judged): unknown {
  const { result, folder } = j.run;
  const { model, method } = result;
  return { name: j.name, folder, model, method, data: j.dataset.name, metrics: valuesOf(j) };
}
