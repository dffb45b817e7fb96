import { ensembleOption, ensembleRegistry, importanceOptions } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { evaluationFor, sampleUsers } from '../../eval/index.js';
import { ensemble } from '../../library/ensemble.js';
import { openRun } from '../../library/open-run.js';
import type { Run } from '../../library/run.js';
import { options } from '../../options/options.js';
import { accuracyKeys, ensembleTables } from '../../report/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { asRecorded, dataGroup, evaluationGroup, group, runsGroup } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { createProgressBar } from '../terminal/progress.js';
import { expectSameData } from './evaluated.js';
import { nextSteps, quoted } from './job.js';
import { loadDataOf, readEvaluation, readRuns, runsGiven } from './runs.js';

const { temperature, cutoff } = importanceOptions.shape;
const ensembleGroup = group(
  'Ensemble',
  'ensemble',
  options({ weights: ensembleOption.default('greedy'), temperature, cutoff }),
);

export const ensembleCommand: CommandBody = {
  about: [
    'Rules:',
    ...ensembleRegistry.all().map((rule) => `  ${rule.name.padEnd(10)} ${rule.summary}`),
    'The weights follow from valid alone. The ensemble is then evaluated once on test; nothing is trained or stored.',
    'RUN is the name of a run, a folder, or the name of a pipeline. `distill --teachers A,B --ensemble greedy` teaches a student with such weights; it fuses by the options of its method (softmax: --temperature 10).',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [ensembleGroup, asRecorded(evaluationGroup), runsGroup, asRecorded(dataGroup)],
  examples: [
    ['ensemble ials ease rp3beta', 'which of them belong together, and with which weights'],
    [
      'ensemble ials ease rp3beta --weights valid --temperature 10',
      'weights by the metric on valid, steeper importance',
    ],
    ['ensemble demo --weights equal', 'what each run of a pipeline adds'],
  ],
  async run(given, console) {
    const o = readOptions(ensembleGroup, given);
    const places = runsGiven(given);
    const found = await readRuns(places);
    if (found.length < 2) {
      const hint = 'Name another run.';
      fail('usage', { problem: `an ensemble needs at least two runs; given: ${given.args.join(', ')}`, hint });
    }
    expectSameData(found);
    const first = found[0]!.run;
    const asked = readEvaluation(first, given);
    const { dataset } = await loadDataOf(first, given, console.say);
    const evaluation = evaluationFor(asked, dataset.train);
    const members: Run[] = [];
    for (const { name, run } of found) members.push(await openRun(run.folder, { data: dataset, name }));
    const chosen = await interruptible(console.say, async (signal) => {
      const bar = createProgressBar(console, evaluation.selectBy);
      bar.job('ensemble');
      try {
        return await ensemble(members, {
          ...o,
          ...evaluation,
          signal,
          onAdvance: (at) => bar.train({ type: 'progress', ...at }),
        });
      } finally {
        bar.close();
      }
    });
    const { metrics, evaluation: _, rankings: __, equal, ...choice } = chosen;
    const tested = [
      ...members.map((m) => ({ name: m.name, metrics: m.metrics })),
      ...(choice.kind === 'equal' ? [] : [{ name: 'equal weights', metrics: equal.metrics }]),
      { name: choice.kind === 'equal' ? 'equal weights' : choice.kind, metrics },
    ];
    const keys = accuracyKeys(evaluation.at, evaluation.selectBy);
    const { runs } = readOptions(runsGroup, given);
    const used = choice.members.filter((m) => m.weight > 0).map((m) => m.name);
    const step = `distill --teachers ${quoted(used.join(','))} --ensemble ${choice.kind} --dim 8`;
    const text = [
      ensembleTables(choice, equal.value, tested, keys, sampleUsers(dataset, evaluation.evalUsers)).toText(),
      '',
      nextSteps(console.program, runs, [step]),
    ];
    return { text: text.join('\n'), json: { ...choice, metrics, equal } };
  },
};
