import { join } from 'node:path';
import { parseSpaces, tune as search, strategies, tuneOptions } from '../../experiment/search/index.js';
import { modelRegistry } from '../../models/index.js';
import { optionalText, options } from '../../options/options.js';
import type { Command } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import {
  dataGroup,
  evaluationGroup,
  group,
  machineGroup,
  machineOf,
  modelGroup,
  nameGroup,
  withKernels,
} from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { tellUnnamedData } from '../terminal/unnamed-data.js';
import { readYamlFile } from '../terminal/yaml-file.js';
import { checkName } from './job.js';
import { loadData } from './load-data.js';
import { presetGiven, presetGroup } from './preset.js';
import { followSearch } from './tune-progress.js';
import { searchReport } from './tune-report.js';

const tuneGroup = group('Search', 'tune', tuneOptions);
const spaceGroup = group(
  'Search',
  'tune',
  options({ space: optionalText({ help: 'YAML file with search spaces that replace those of the models.' }) }),
);
const shared = [spaceGroup, presetGroup, dataGroup, evaluationGroup, nameGroup, machineGroup] as const;
const tunable = modelRegistry.all().filter((m) => Object.keys(m.search).length > 0);

const EXAMPLE = 'A small one: bpr-mf: { dim: [32, 64], l2: { low: 0.001, high: 0.1, scale: log } }.';

export const tune: Command = {
  name: 'tune',
  summary: 'Search the best options of one model or several on the valid part',
  about: [
    'What is searched, unless --space says otherwise:',
    ...tunable.map((m) => `  ${m.name.padEnd(16)} ${Object.keys(m.search).join(', ')}`),
    'Strategies:',
    ...strategies.map((s) => `  ${s.name.padEnd(16)} ${s.summary}`),
    'An option of a model that is given is fixed. The first trial has the default options, or those of --preset.',
    'Every trial is logged. A search that was stopped goes on when the same command is given again; more --trials make it longer.',
  ].join('\n'),
  args: [{ name: 'MODEL', help: 'Which models; each gets the same number of trials.', required: true, many: true }],
  groups: [tuneGroup, ...modelRegistry.all().map((m) => modelGroup(m.name)), ...shared],
  groupsFor: ({ args }) => [tuneGroup, ...args.map(modelGroup), ...shared],
  examples: [
    ['tune ease --trials 10', 'a model that is computed at once'],
    ['tune bpr-mf lightgcn --data citeulike-t --trials 30 --epochs 200', 'two models, 30 trials each'],
    [
      'tune bpr-mf --space space.yaml --dim 64 --no-halving',
      'in a space of your own, dim fixed, every trial to its end',
    ],
  ],
  async run(given, console) {
    const names = given.args;
    const owned = names.map(modelGroup);
    for (const own of owned) readOptions(own, given);
    const [o, evaluation, data] = [
      readOptions(tuneGroup, given),
      readOptions(evaluationGroup, given),
      readOptions(dataGroup, given),
    ];
    const { name = `tune-${names.join('-')}`, runs, overwrite } = readOptions(nameGroup, given);
    checkName(name);
    const start = presetGiven(given, names);
    const { space } = readOptions(spaceGroup, given);
    const file = space === undefined ? undefined : readYamlFile(space, EXAMPLE);
    const spaces = file ? await file.within(async () => parseSpaces(file.value)) : {};
    const fixed = Object.assign({}, ...owned.map((own) => givenOf(own.schema, given)));
    const folder = join(runs, name);
    await tellUnnamedData(given, false, console);
    const dataset = await loadData(data, console.say);
    const follow = followSearch(console, evaluation.selectBy);
    const work = () =>
      withKernels(machineOf(given), (kernels) =>
        interruptible(console.say, (signal) =>
          search({
            ...{ dataset, kernels, models: names, options: o, fixed, spaces, evaluation, folder, overwrite, signal },
            ...(start ? { start } : {}),
            listen: follow.listen,
          }),
        ),
      );
    try {
      const found = await offeringName(name, runs, () => (file ? file.within(work) : work()));
      return searchReport(found, { given, folder, runs, evaluation, console });
    } finally {
      follow.close();
    }
  },
};
