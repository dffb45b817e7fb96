import { join } from 'node:path';
import { isCoTrained, methodOf, methodRegistry } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { parseSpaces, prepareTune, tune as search, strategyRegistry, tuneOptions } from '../../experiment/index.js';
import { modelRegistry } from '../../models/index.js';
import { optionalText, options } from '../../options/options.js';
import type { Command, Given } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { dataGroup, evaluationGroup, group, machineGroup, modelGroup, nameGroup } from '../terminal/groups.js';
import { tellUnnamedData } from '../terminal/unnamed-data.js';
import { readYamlFile } from '../terminal/yaml-file.js';
import { dryRun } from './dry-run.js';
import { checkName } from './job.js';
import { isDryRun, jobsGroup, withEngine } from './jobs.js';
import { loadData } from './load-data.js';
import { presetGiven, presetGroup } from './preset.js';
import { portable } from './source.js';
import { searchReport } from './tune-report.js';
import { methodGroup, taughtGroup, taughtSearch } from './tune-taught.js';

const tuneGroup = group('Search', 'tune', tuneOptions);
const spaceGroup = group(
  'Search',
  'tune',
  options({ space: optionalText({ help: 'YAML file with search spaces that replace those of the models.' }) }),
);
const shared = [
  ...[jobsGroup, taughtGroup, spaceGroup, presetGroup, dataGroup, evaluationGroup, nameGroup, machineGroup],
] as const;
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
    if (isDryRun(given) && named && isCoTrained(named) && given.flags.start === undefined) {
      fail('usage', {
        problem: `a search with ${named.name} begins from a student that is trained first, and --dry-run trains nothing`,
        hint: 'Train the student and name its run with --start.',
      });
    }
    const taught = await taughtSearch(given, name, console);
    if (!taught) await tellUnnamedData(given, false, console);
    const data = readOptions(dataGroup, given);
    const dataset = taught?.dataset ?? (await loadData(data, console.say));
    const evaluation = taught?.evaluation ?? readOptions(evaluationGroup, given);
    // What the student of a co-trained method is was said to the training that it starts from.
    const searched = taught?.teachers.pair ? methodGroups(given) : owned;
    const fixed = Object.assign({}, ...searched.map((own) => givenOf(own.schema, given)));
    const request = {
      ...{ dataset, models: names, options: o, fixed, spaces, evaluation, runs, name, overwrite },
      ...(start ? { start } : {}),
      ...(taught ? { method: taught.method, ...taught.teachers } : { data: portable(data) }),
    };
    const placed = <T>(work: () => Promise<T>) => (file ? file.within(work) : work());
    if (isDryRun(given)) return placed(() => dryRun(given, async () => [await prepareTune(request)]));
    const work = () =>
      withEngine({ given, console, metric: evaluation.selectBy, count: names.length }, (engine) =>
        search({ ...request, ...engine }),
      );
    const found = await offeringName(name, runs, () => placed(work));
    return searchReport(found, {
      ...{ given, folder: join(runs, name), runs, evaluation, console },
      ...(taught ? { distil: taught.command } : {}),
    });
  },
};
