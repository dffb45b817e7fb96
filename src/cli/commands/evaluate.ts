import { relative } from 'node:path';
import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { evaluateInShards } from '../../experiment/index.js';
import { writeAtomic } from '../../formats/index.js';
import { flag, optionalInt, optionalText, options } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import {
  comparedRun,
  evaluationJson,
  evaluationTable,
  perUserText,
  popularityTables,
  summarisingRuns,
} from '../../report/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { asRecorded, dataGroup, group, machineGroup, runsGroup } from '../terminal/groups.js';
import { atOption, type EvaluateOne, evaluateRuns, inOnePiece, partOption, popularityOption } from './evaluated.js';
import { nextSteps, quoted } from './job.js';
import { withEngine, workersGroup } from './jobs.js';
import { tellingCost } from './lists-cost.js';
import { readRuns, runsGiven } from './runs.js';

const evaluateGroup = group(
  'Evaluation',
  'evaluate',
  options({
    at: atOption,
    part: partOption,
    metrics: flag({ default: false, help: 'Show all metrics, not only recall and NDCG.' }),
    popularity: popularityOption,
    shards: optionalInt({
      min: 1,
      max: 10_000,
      help: 'Evaluate in so many shards of users, --jobs at a time. Results do not depend on it.',
    }),
    perUser: optionalText({ help: 'TSV file to write, with the values of every user.' }),
  }),
);

export const evaluate: CommandBody = {
  about: [
    'Evaluates the stored rankings of the runs; nothing is trained.',
    'RUN is the name of a run, a folder, or the name of a pipeline. `compare` tests whether differences are significant.',
    'Data options are only needed if the source of the data has moved.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs.', required: true, many: true }],
  groups: [evaluateGroup, runsGroup, workersGroup, machineGroup, asRecorded(dataGroup)],
  examples: [
    ['evaluate bpr-mf', 'one run'],
    ['evaluate demo --metrics', 'every run of the demo, all metrics'],
    ['evaluate demo --popularity', 'how popular the recommended items are, with confidence intervals'],
    ['evaluate bpr-mf --shards 16 --jobs 4', 'very many users, in four processes'],
    [
      'evaluate ease bpr-mf --at 5,20 --per-user values.tsv',
      'other list lengths, and a file with the values of every user',
    ],
  ],
  async run(given, console) {
    const o = readOptions(evaluateGroup, given);
    const { runs } = readOptions(runsGroup, given);
    const { shards } = o;
    if (shards === undefined && given.flags.queue !== undefined)
      fail('usage', {
        problem: '--queue gives shards to workers, and there are none',
        hint: 'Add --shards N, or leave out --queue.',
      });
    const inShards: EvaluateOne | undefined =
      shards === undefined
        ? undefined
        : (run, { data: dataset, ...how }) =>
            withEngine(
              {
                given,
                console,
                metric: '',
                count: shards,
                folders: [],
                plan: `evaluate ${relative(runs, run.folder)}`,
              },
              (engine) =>
                evaluateInShards(
                  { run, dataset, ...how, shards, store: runs, ...defined({ data: run.source }) },
                  engine,
                ),
            );
    const places = runsGiven(given);
    const telling = tellingCost(inShards ?? inOnePiece, places.length, console);
    const { evaluated, at } = await evaluateRuns(await readRuns(places), o.at, given, o.part, telling);
    if (o.perUser !== undefined) {
      writeAtomic(o.perUser, perUserText(evaluated.map((r) => ({ ...r, userIds: r.dataset.users.ids }))));
      console.say(`Values of every user: ${o.perUser}`);
    }
    const rows = evaluated.map(({ name, run, evaluation, dataset }) => ({
      ...comparedRun(name, run.folder, run.result, evaluation),
      dataset,
    }));
    const resampling = createProgress().task('comparing by resampling');
    const popular = o.popularity ? await runInParts(summarisingRuns(rows), resampling) : [];
    const sameData = rows.every((r) => r.dataset.fingerprint === rows[0]!.dataset.fingerprint);
    const text = [
      evaluationTable(rows, at, o.part, o.metrics).toText(),
      ...popularityTables(popular).flatMap((table) => ['', table.toText()]),
      ...(sameData && rows.length > 1
        ? ['', nextSteps(console.program, runs, [`compare ${given.args.map(quoted).join(' ')}`])]
        : []),
    ].join('\n');
    return { text, json: { ...evaluationJson(rows, o.part), ...(o.popularity ? { popularity: popular } : {}) } };
  },
};
