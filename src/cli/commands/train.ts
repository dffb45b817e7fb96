import { prepareTraining } from '../../experiment/index.js';
import { modelRegistry } from '../../models/index.js';
import type { Command } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { modelGroup, nameGroup } from '../terminal/groups.js';
import { tellUnnamedData } from '../terminal/unnamed-data.js';
import { dryRun } from './dry-run.js';
import { answerOf, distillStep, quoted } from './job.js';
import { isDryRun, jobsGroup } from './jobs.js';
import { loadData } from './load-data.js';
import { presetList } from './preset.js';
import { readSetting, trainGroups, trainOne } from './train-one.js';
import { trainingOf, trainSeveral } from './train-several.js';

export const train: Command = {
  name: 'train',
  summary: 'Train one model or several, and judge them on the test part',
  about: [
    'Models:',
    ...modelRegistry.all().map((m) => `  ${m.name.padEnd(16)} ${m.summary}`),
    'Presets of options that a search found:',
    ...presetList(),
    'train MODEL --help lists the options of a model. A run that was stopped goes on when the same command is given again.',
    'Several models are trained in turn, each in a run of its own; an option goes to those of them that have it.',
  ].join('\n'),
  args: [{ name: 'MODEL', help: 'One or more of the models in the list.', required: true, many: true }],
  groups: [...modelRegistry.all().map((m) => modelGroup(m.name)), jobsGroup, ...trainGroups],
  groupsFor: ({ args }) => [...args.map(modelGroup), jobsGroup, ...trainGroups],
  examples: [
    ['train ease', 'a strong baseline on synthetic data, in seconds'],
    ['train bpr-mf --data citeulike-t --dim 64', 'a teacher on a named data set'],
    ['train lightgcn --data ratings.csv --user userId --item movieId', 'on a file of your own'],
    [
      'train bpr-mf lightgcn mult-vae --data citeulike-hetcomp-split --preset citeulike-hetcomp-split',
      'three tuned teachers',
    ],
    ['train bpr-mf lightgcn --epochs 50 --jobs 2', 'two at the same time; the threads are divided between them'],
    ['train bpr-mf lightgcn --dry-run', 'what is finished, and what the rest will cost'],
  ],
  async run(given, console) {
    await tellUnnamedData(given, false, console);
    if (given.args.length > 1) return trainSeveral(given, console);
    const model = given.args[0]!;
    const setting = readSetting([model], given);
    const dataset = await loadData(setting.data, console.say);
    if (isDryRun(given)) {
      const { name = model } = readOptions(nameGroup, given);
      // A run that is named alone is made under its name, whatever other runs there are.
      const request = { ...trainingOf([model], setting, dataset, given, () => name), reuse: false };
      return dryRun(given, async () => [{ prepared: await prepareTraining(request) }]);
    }
    const done = await trainOne(model, setting, dataset, given, console);
    const user = dataset.users.ids[0]!;
    return answerOf(done, console, setting.evaluation.at, [
      distillStep(done.name, done.runs),
      ...(done.bundle ? [`recommend ${quoted(done.name)} --user ${quoted(user)}`] : []),
      ...(done.bundle ? [`serve ${quoted(done.name)}`] : [`evaluate ${quoted(done.name)} --metrics`]),
    ]);
  },
};
