import { resolve } from 'node:path';
import { fail } from '../../errors.js';
import { metricOf } from '../../eval/index.js';
import { choice, optionalText, options, words } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import { listed } from '../../report/format.js';
import { comparedRun, comparingRuns, isCalled } from '../../report/index.js';
import type { CommandBody, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { asRecorded, group, runsGroup } from '../terminal/groups.js';
import { dataFlags } from './data-flags.js';
import { atOption, evaluateRuns, expectSameData, inOnePiece, partOption, popularityOption } from './evaluated.js';
import { tellingCost } from './lists-cost.js';
import { type RunPlace, readRuns, runsGiven } from './runs.js';

/** --format is the format of the table here. */
const own = dataFlags(['format']);

const compareGroup = group(
  'Comparison',
  'compare',
  options({
    against: optionalText({ help: 'Run that the others are compared with. Default: the first.' }),
    at: atOption,
    part: partOption,
    metrics: words({ default: ['recall', 'ndcg'], help: 'Names of metrics, such as recall,ndcg,mrr.' }),
    popularity: popularityOption,
    teacher: optionalText({
      help: 'Run of the teacher: adds the transfer ratio of the other runs, their share of its advantage over the run of --against.',
    }),
    test: choice(['t', 'wilcoxon'], { default: 't', help: 'Paired test over users.' }),
    adjust: choice(['holm', 'bh'], { default: 'holm', help: 'How p-values are adjusted for the number of tests.' }),
    format: choice(['text', 'markdown', 'csv', 'json'], { default: 'text', help: 'Format of the table.' }),
  }),
);

export const compareCommand: CommandBody = {
  about: [
    'RUN is the name of a run, a folder, or the name of a pipeline. Every other run is tested against one run, with paired tests over users.',
    'The p-values are adjusted over all tests of the table. Size and time were recorded by the runs; - means unknown.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [compareGroup, runsGroup, asRecorded(own.group)],
  examples: [
    ['compare bpr-mf ease', 'compare ease with bpr-mf'],
    [
      'compare student-none student-rrd --teacher ease --popularity',
      'the share of the advantage of the teacher that the student got, and how popular the items are',
    ],
    ['compare demo --against ease', 'compare every run of the demo with ease'],
    ['compare demo --at 10,50 --metrics recall,ndcg,mrr --format markdown', 'a table for a report'],
  ],
  async run(given, console) {
    const o = readOptions(compareGroup, given);
    for (const metric of o.metrics) metricOf(metric);
    if (o.metrics.length === 0)
      fail('usage', { problem: '--metrics names no metric', hint: 'For example: recall,ndcg' });
    const places = chosen(given, o.against, o.teacher);
    if (places.length < 2) {
      const hint = 'Name another run, or evaluate a single run with `evaluate`.';
      fail('usage', { problem: `compare needs at least two runs; given: ${listed(places.map((p) => p.name))}`, hint });
    }
    const found = await readRuns(places);
    expectSameData(found);
    const tests = (places.length - 1) * o.metrics.length * (o.at?.length ?? 2);
    const telling = tellingCost(inOnePiece, places.length, console, tests);
    const { evaluated, at } = await evaluateRuns(found, o.at, own.usual(given), o.part, telling);
    const { metrics, part, test, adjust, format } = o;
    const comparison = await runInParts(
      comparingRuns(
        evaluated.map(({ name, run, evaluation }) => comparedRun(name, run.folder, run.result, evaluation)),
        {
          ...{ part, test, adjust, popularity: o.popularity, data: evaluated[0]!.dataset.name },
          ...(o.teacher === undefined ? {} : { teacher: named(places, 'teacher', o.teacher).name }),
          against: baseOf(places, o.against).name,
          metrics: metrics.flatMap((m) => at.map((k) => `${m}@${k}`)),
        },
      ),
      createProgress().task('comparing by resampling'),
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

/** Each run once, after the run of --against and before that of --teacher. @throws RecdistillError `unknown-name` */
function chosen(given: Given, against: string | undefined, teacher: string | undefined): RunPlace[] {
  const all = runsGiven(given);
  const folders = all.map((p) => resolve(p.folder));
  const places = all.filter((_, k) => folders.indexOf(folders[k]!) === k);
  const absent = (name: string | undefined) =>
    name === undefined || places.some((p) => isCalled(p.name, name)) ? [] : runsGiven(given, [name]);
  return [...absent(against), ...places, ...absent(teacher)];
}

function baseOf(places: readonly RunPlace[], against: string | undefined): RunPlace {
  return against === undefined ? places[0]! : named(places, 'against', against);
}

/** @throws RecdistillError `usage` if the name matches several runs */
function named(places: readonly RunPlace[], flag: 'against' | 'teacher', against: string): RunPlace {
  const exact = places.filter((p) => p.name === against);
  const meant = exact.length > 0 ? exact : places.filter((p) => isCalled(p.name, against));
  if (meant.length === 1) return meant[0]!;
  const problem = `--${flag} ${against} is ambiguous: ${listed((meant.length > 0 ? meant : places).map((p) => p.name))}`;
  return fail('usage', { problem, hint: 'Give the full name of one run.' });
}
