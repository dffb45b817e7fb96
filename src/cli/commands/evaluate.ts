import { writeAtomic } from '../../formats/index.js';
import { flag, optionalText, options } from '../../options/options.js';
import { comparedRun, evaluationJson, evaluationTable, perUserText } from '../../report/index.js';
import type { Command } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroup, group, runsGroup } from '../terminal/groups.js';
import { nextSteps, quoted } from './job.js';
import { atOption, judgeRuns, partOption } from './judge.js';
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
    if (o.perUser !== undefined) {
      writeAtomic(o.perUser, perUserText(judged.map((j) => ({ ...j, userIds: j.dataset.users.ids }))));
      console.say(`Values of every user: ${o.perUser}`);
    }
    const evaluated = judged.map(({ name, run, evaluation, dataset }) => ({
      ...comparedRun(name, run.folder, run.result, evaluation),
      dataset,
    }));
    const sameData = judged.every((j) => j.dataset.fingerprint === judged[0]!.dataset.fingerprint);
    const text = [
      evaluationTable(evaluated, at, o.part, o.metrics).toText(),
      ...(sameData && judged.length > 1
        ? ['', nextSteps(console.program, runs, [`compare ${given.args.map(quoted).join(' ')}`])]
        : []),
    ].join('\n');
    return { text, json: evaluationJson(evaluated, o.part) };
  },
};
