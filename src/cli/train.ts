import { loadDataset } from '../data/index.js';
import { modelNamed, models } from '../models/index.js';
import type { Command, OptionGroup } from './_command.js';
import { givenOf, readOptions } from './flags.js';
import { dataGroup, evaluationGroup, group, machineGroup, nameGroup } from './groups.js';
import { answerOf, quoted, runNamed, trajectoryGroup } from './job.js';

export const modelGroup = (name: string): OptionGroup => group(`Options of ${name}`, name, modelNamed(name).options);

const shared = [dataGroup, evaluationGroup, trajectoryGroup, nameGroup, machineGroup] as const;

export const train: Command = {
  name: 'train',
  summary: 'Train one model and judge it on the test part',
  about: [
    'Models:',
    ...models.map((m) => `  ${m.name.padEnd(10)} ${m.summary}`),
    'train MODEL --help lists the options of a model. A run that was stopped goes on when the same command is given again.',
  ].join('\n'),
  args: [{ name: 'MODEL', help: 'Which model; the list is above.', required: true }],
  groups: [...models.map((m) => modelGroup(m.name)), ...shared],
  groupsFor: ({ args }) => (args[0] === undefined ? shared : [modelGroup(args[0]), ...shared]),
  examples: [
    ['train ease', 'a strong baseline on synthetic data, in seconds'],
    ['train bpr-mf --data citeulike-t --dim 64', 'a teacher on a named data set'],
    ['train lightgcn --data ratings.csv --user userId --item movieId', 'on a file of your own'],
  ],
  async run(given, console) {
    const model = given.args[0]!;
    const own = modelGroup(model);
    readOptions(own, given);
    const evaluation = readOptions(evaluationGroup, given);
    const data = readOptions(dataGroup, given);
    const dataset = await loadDataset(data);
    const done = await runNamed(
      {
        ...{ given, dataset, data, model, evaluation },
        defaultName: model,
        method: 'none',
        options: givenOf(own.schema, given),
        teachers: [],
      },
      console,
    );
    const user = dataset.users.ids[0]!;
    return answerOf(done, console, evaluation.at, [
      `distill --teachers ${quoted(done.name)} --dim 6`,
      ...(done.bundle ? [`recommend ${quoted(done.name)} --user ${quoted(user)}`] : []),
      `evaluate ${quoted(done.name)}`,
    ]);
  },
};
