import { join } from 'node:path';
import { methodOf, methodRegistry } from '../../distill/index.js';
import { parseSpaces, tune as search, strategyRegistry, tuneOptions } from '../../experiment/search/index.js';
import { modelRegistry } from '../../models/index.js';
import { optionalText, options } from '../../options/options.js';
import type { Command, Given } from '../terminal/_command.js';
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
import { methodGroup, taughtGroup, taughtSearch } from './tune-taught.js';

const tuneGroup = group('Search', 'tune', tuneOptions);
const spaceGroup = group(
  'Search',
  'tune',
  options({ space: optionalText({ help: 'YAML file with search spaces that replace those of the models.' }) }),
);
const shared = [taughtGroup, spaceGroup, presetGroup, dataGroup, evaluationGroup, nameGroup, machineGroup] as const;
/** The options of the method that is named. */
const methodGroups = ({ flags: { method } }: Given) => (method === undefined ? [] : [methodGroup(String(method))]);
const tunable = modelRegistry.all().filter((m) => Object.keys(m.search).length > 0);

const EXAMPLE = 'A small one: bpr-mf: { dim: [32, 64], l2: { low: 0.001, high: 0.1, scale: log } }.';

export const tune: Command = {
  name: 'tune',
  summary: 'Search the best options of one model or several on the valid part',
  about: [
    'What is searched, unless --space says otherwise:',
    ...tunable.map((m) => `  ${m.name.padEnd(16)} ${Object.keys(m.search).join(', ')}`),
    'Strategies:',
    ...strategyRegistry.all().map((s) => `  ${s.name.padEnd(16)} ${s.summary}`),
    'With --method the model is a student that learns from --teachers in every trial, and what the method declares is searched, too:',
    ...methodRegistry
      .all()
      .filter((m) => m.search)
      .map((m) => `  ${m.name.padEnd(16)} ${Object.keys(m.search!).join(', ')}`),
    'Of bd only its own options are searched: its student is trained once, as NAME-start, or is a finished run (--start).',
    'An option of a model that is given is fixed. The first trial has the default options, or those of --preset.',
    'Every trial is logged. A search that was stopped goes on when the same command is given again; more --trials make it longer.',
  ].join('\n'),
  args: [{ name: 'MODEL', help: 'Which models; each gets the same number of trials.', required: true, many: true }],
  groups: [
    tuneGroup,
    ...modelRegistry.all().map((m) => modelGroup(m.name)),
    ...methodRegistry.all().map((m) => methodGroup(m.name)),
    ...shared,
  ],
  groupsFor: (given) => [tuneGroup, ...methodGroups(given), ...given.args.map(modelGroup), ...shared],
  examples: [
    ['tune ease --trials 10', 'a model that is computed at once'],
    ['tune bpr-mf lightgcn --data citeulike-t --trials 30 --epochs 200', 'two models, 30 trials each'],
    ['tune bpr-mf --method hetcomp --teachers lightgcn,ease --dim 6', 'a student with its method'],
    ['tune bpr-mf --method bd --teachers lightgcn --dim 6', 'how a teacher and a student train together'],
    [
      'tune bpr-mf --space space.yaml --dim 64 --no-halving',
      'in a space of your own, dim fixed, every trial to its end',
    ],
  ],
  async run(given, console) {
    const names = given.args;
    const owned = [...methodGroups(given), ...names.map(modelGroup)];
    for (const own of owned) readOptions(own, given);
    const o = readOptions(tuneGroup, given);
    const usual = ['tune', ...names, ...methodGroups(given).map((own) => own.owner)].join('-');
    const { name = usual, runs, overwrite } = readOptions(nameGroup, given);
    checkName(name);
    const start = presetGiven(given, names);
    const { method: methodName } = readOptions(taughtGroup, given);
    const named = methodName === undefined ? undefined : methodOf(methodName);
    const { space } = readOptions(spaceGroup, given);
    const file = space === undefined ? undefined : readYamlFile(space, EXAMPLE);
    const spaces = file ? await file.within(async () => parseSpaces(file.value, named)) : {};
    const folder = join(runs, name);
    const taught = await taughtSearch(given, name, console);
    if (!taught) await tellUnnamedData(given, false, console);
    const dataset = taught?.dataset ?? (await loadData(readOptions(dataGroup, given), console.say));
    const evaluation = taught?.evaluation ?? readOptions(evaluationGroup, given);
    // What the student of a co-trained method is was said to the training that it starts from.
    const searched = taught?.teachers.pair ? methodGroups(given) : owned;
    const fixed = Object.assign({}, ...searched.map((own) => givenOf(own.schema, given)));
    const follow = followSearch(console, evaluation.selectBy);
    const work = () =>
      withKernels(machineOf(given), (kernels) =>
        interruptible(console.say, (signal) =>
          search({
            ...{ dataset, kernels, models: names, options: o, fixed, spaces, evaluation, folder, overwrite, signal },
            ...(start ? { start } : {}),
            ...(taught ? { method: taught.method, ...taught.teachers } : {}),
            listen: follow.listen,
          }),
        ),
      );
    try {
      const found = await offeringName(name, runs, () => (file ? file.within(work) : work()));
      return searchReport(found, {
        ...{ given, folder, runs, evaluation, console },
        ...(taught ? { distil: taught.command } : {}),
      });
    } finally {
      follow.close();
    }
  },
};
