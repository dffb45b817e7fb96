import { join } from 'node:path';
import { defined } from '../../defined.js';
import { isCoTrained, methodOf, methodRegistry } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { evaluationFor, sampleUsers } from '../../eval/index.js';
import { parseSpaces, prepareTune, tune as search, strategyRegistry, tuneOptions } from '../../experiment/index.js';
import { modelRegistry } from '../../models/index.js';
import { optionalText, options } from '../../options/options.js';
import type { CommandBody, Given, OptionGroup } from '../terminal/_command.js';
import { announceDefaultData } from '../terminal/default-data.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import {
  asRecorded,
  dataGroup,
  evaluationGroup,
  group,
  machineGroup,
  methodGroup,
  modelGroup,
  nameGroup,
} from '../terminal/groups.js';
import { readYamlFile } from '../terminal/yaml-file.js';
import { dryRun } from './dry-run.js';
import { checkName } from './job.js';
import { isDryRun, jobsGroup, withEngine } from './jobs.js';
import { loadData } from './load-data.js';
import { presetGiven, presetGroup } from './preset.js';
import { portable } from './source.js';
import { methodSearch, teachersGroup } from './tune-method.js';
import { searchReport } from './tune-report.js';

const tuneGroup = group('Search', 'tune', tuneOptions);
const spaceGroup = group(
  'Search',
  'tune',
  options({ space: optionalText({ help: 'YAML file with search spaces. They replace those of the models.' }) }),
);
const shared = [
  ...[jobsGroup, teachersGroup, spaceGroup, presetGroup, dataGroup, evaluationGroup, nameGroup, machineGroup],
] as const;
/** A student is searched on the data of its teachers. */
const sharedOf = ({ flags: { method } }: Given): readonly OptionGroup[] =>
  shared.map((g) => (method !== undefined && (g === dataGroup || g === evaluationGroup) ? asRecorded(g) : g));
/** The options of the given method. */
const methodGroups = ({ flags: { method } }: Given) => (method === undefined ? [] : [methodGroup(String(method))]);
const tunable = modelRegistry.all().filter((m) => Object.keys(m.search).length > 0);

const EXAMPLE = 'A small one: bpr-mf: { dim: [32, 64], l2: { low: 0.001, high: 0.1, scale: log } }.';

export const tune: CommandBody = {
  about: [
    'Searched options (change them with --space):',
    ...tunable.map((m) => `  ${m.name.padEnd(16)} ${Object.keys(m.search).join(', ')}`),
    'Strategies:',
    ...strategyRegistry.all().map((s) => `  ${s.name.padEnd(16)} ${s.summary}`),
    'With --method, MODEL is a student of --teachers, and these options of the method are searched, too:',
    ...methodRegistry
      .all()
      .filter((m) => m.search)
      .map((m) => `  ${m.name.padEnd(16)} ${Object.keys(m.search!).join(', ')}`),
    'With bd, only the options of bd are searched. The student is trained once, as NAME-start, or is a finished run (--start).',
    'Given options of a model are fixed. The first trial has the default options, or those of --preset.',
    'Every trial is logged. Repeat the command to continue a search that was stopped, or give more --trials to extend it.',
  ].join('\n'),
  args: [
    { name: 'MODEL', help: 'One or more models. Each has the same number of trials.', required: true, many: true },
  ],
  groups: [
    tuneGroup,
    ...modelRegistry.all().map((m) => modelGroup(m.name)),
    ...methodRegistry.all().map((m) => methodGroup(m.name)),
    ...shared,
  ],
  groupsFor: (given) => [tuneGroup, ...methodGroups(given), ...given.args.map(modelGroup), ...sharedOf(given)],
  examples: [
    ['tune ease --trials 10', 'a model in closed form'],
    ['tune bpr-mf lightgcn --data citeulike-t --trials 30 --epochs 200', 'two models, 30 trials each'],
    ['tune bpr-mf --method hetcomp --teachers lightgcn,ease --dim 6', 'a student and its distillation method'],
    ['tune bpr-mf --method bd --teachers lightgcn --dim 6', 'the options of bd'],
    [
      'tune bpr-mf --space space.yaml --dim 64 --no-halving',
      'another search space, fixed dim, no early end of weak trials',
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
    const { method: methodName } = readOptions(teachersGroup, given);
    const named = methodName === undefined ? undefined : methodOf(methodName);
    const { space } = readOptions(spaceGroup, given);
    const file = space === undefined ? undefined : readYamlFile(space, EXAMPLE);
    const spaces = file ? await file.within(async () => parseSpaces(file.value, named)) : {};
    if (isDryRun(given) && named && isCoTrained(named) && given.flags.start === undefined) {
      fail('usage', {
        problem: `a search with ${named.name} first trains the student, but --dry-run trains nothing`,
        hint: 'Train the student and name its run with --start.',
      });
    }
    const distilled = await methodSearch(given, name, console);
    if (!distilled) await announceDefaultData(given, false, console);
    const data = readOptions(dataGroup, given);
    const dataset = distilled?.dataset ?? (await loadData(data, console.say));
    const asked = distilled?.evaluation ?? readOptions(evaluationGroup, given);
    const evaluation = evaluationFor(asked, dataset.train);
    // Options of the student of a co-trained method belong to the run that it starts from.
    const searched = distilled?.teachers.pair ? methodGroups(given) : owned;
    const fixed = Object.assign({}, ...searched.map((own) => givenOf(own.schema, given)));
    const request = {
      ...{ dataset, models: names, options: o, fixed, spaces, evaluation, runs, name, overwrite },
      ...(start ? { start } : {}),
      data: portable(distilled?.data ?? data),
      ...(distilled ? { method: distilled.method, folders: distilled.folders, ...distilled.teachers } : {}),
    };
    const placed = <T>(work: () => Promise<T>) => (file ? file.within(work) : work());
    if (isDryRun(given))
      return placed(() =>
        dryRun(given, [join(runs, name)], async (kernels) => [await prepareTune({ ...request, kernels })]),
      );
    const work = () =>
      withEngine(
        { given, console, metric: evaluation.selectBy, count: names.length, folders: [join(runs, name)] },
        (engine) => search({ ...request, ...engine }),
      );
    const found = await offeringName(name, runs, () => placed(work));
    return searchReport(found, {
      ...{ given, folder: join(runs, name), runs, evaluation, console },
      ...defined({ sample: sampleUsers(dataset, evaluation.evalUsers) }),
      ...(distilled ? { distil: distilled.command } : {}),
    });
  },
};
