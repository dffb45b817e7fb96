import { resolve } from 'node:path';
import { fail } from '../../errors.js';
import { metricOf } from '../../eval/index.js';
import { choice, optionalText, options, words } from '../../options/options.js';
import { listed } from '../../report/format.js';
import { comparedRun, compareRuns } from '../../report/index.js';
import type { Command } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, runsGroup } from '../terminal/groups.js';
import { dataFlags } from './data-flags.js';
import { atOption, expectSameData, judgeRuns, partOption } from './judge.js';
import { findRuns, type RunPlace, readRun } from './runs.js';

/** --format is the form of the table here. */
const own = dataFlags(['format']);

const compareGroup = group(
  'Comparison',
  'compare',
  options({
    against: optionalText({ help: 'The run that the others are compared with. Default: the first.' }),
    at: atOption,
    part: partOption,
    metrics: words({ default: ['recall', 'ndcg'], help: 'Metrics by name, such as recall,ndcg,mrr.' }),
    test: choice(['t', 'wilcoxon'], { default: 't', help: 'Paired test over users.' }),
    adjust: choice(['holm', 'bh'], { default: 'holm', help: 'How p-values are adjusted for the number of tests.' }),
    format: choice(['text', 'markdown', 'csv', 'json'], { default: 'text', help: 'Form of the table.' }),
  }),
);

export const compareCommand: Command = {
  name: 'compare',
  summary: 'Set finished runs against one of them, with significance, in one table',
  about: [
    'RUN is a name, a folder, or the name of a whole pipeline. Every other run is tested against one of them, user by user, on the test part;',
    'p-values are adjusted over all tests of the table. Size and time are those that the runs recorded; - is what nobody knows.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [compareGroup, runsGroup, own.group],
  examples: [
    ['compare bpr-mf ease', 'is ease better than bpr-mf?'],
    ['compare demo --against ease', 'every run of the demo against ease'],
    ['compare demo --at 10,50 --metrics recall,ndcg,mrr --format markdown', 'a table for a report'],
  ],
  async run(given) {
    const o = readOptions(compareGroup, given);
    const { runs } = readOptions(runsGroup, given);
    for (const metric of o.metrics) metricOf(metric);
    if (o.metrics.length === 0)
      fail('usage', { problem: '--metrics names no metric', hint: 'For example: recall,ndcg' });
    const places = chosen(given.args, o.against, runs);
    if (places.length < 2) {
      const hint = 'Name another one, or judge a single run with `evaluate`.';
      fail('usage', { problem: `compare needs two runs; there is ${listed(places.map((p) => p.name))} only`, hint });
    }
    expectSameData(places.map((place) => ({ name: place.name, run: readRun(place) })));
    const { judged, at } = await judgeRuns(places, o.at, own.usual(given), o.part);
    const { metrics, part, test, adjust, format } = o;
    const comparison = compareRuns(
      judged.map(({ name, run, evaluation }) => comparedRun(name, run.folder, run.result, evaluation)),
      {
        ...{ part, test, adjust, data: judged[0]!.dataset.name },
        against: baseOf(places, o.against).name,
        metrics: metrics.flatMap((m) => at.map((k) => `${m}@${k}`)),
      },
    );
    const json = comparison.toJson();
    const texts = {
      text: comparison.toText,
      markdown: comparison.toMarkdown,
      csv: comparison.toCsv,
      json: () => JSON.stringify(json, null, 2),
    };
    return { text: texts[format](), json };
  },
};

/** Each run once; the one to compare with need not be among the others. @throws RecdistillError `unknown-name` */
function chosen(names: readonly string[], against: string | undefined, runs: string): RunPlace[] {
  const all = names.flatMap((name) => findRuns(name, runs));
  const folders = all.map((p) => resolve(p.folder));
  const places = all.filter((_, k) => folders.indexOf(folders[k]!) === k);
  if (against === undefined || places.some((p) => isCalled(p, against))) return places;
  return [...findRuns(against, runs), ...places];
}

/** By its whole name, or within a pipeline by the last part. */
const isCalled = ({ name }: RunPlace, word: string): boolean => name === word || name.endsWith(`/${word}`);

/** @throws RecdistillError `usage` if several runs could be meant */
function baseOf(places: readonly RunPlace[], against: string | undefined): RunPlace {
  if (against === undefined) return places[0]!;
  const exact = places.filter((p) => p.name === against);
  const meant = exact.length > 0 ? exact : places.filter((p) => isCalled(p, against));
  if (meant.length === 1) return meant[0]!;
  const problem = `--against ${against} may be ${listed((meant.length > 0 ? meant : places).map((p) => p.name))}`;
  return fail('usage', { problem, hint: 'Give the whole name of one run.' });
}
