import { join } from 'node:path';
import { evaluationFor } from '../../eval/index.js';
import { prepareTraining } from '../../experiment/index.js';
import { modelOf, modelRegistry, shards } from '../../models/index.js';
import { options } from '../../options/options.js';
import { hasShards, refuseShards } from '../../runs/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { announceDefaultData } from '../terminal/default-data.js';
import { readOptions } from '../terminal/flags.js';
import { group, modelGroup, nameGroup } from '../terminal/groups.js';
import { dryRun } from './dry-run.js';
import { checkFinalAsked, finalAsked } from './final.js';
import { answerOf, belowPopular, distillSteps, exampleIds, jsonOf, quoted, recommendSteps, runNamed } from './job.js';
import { isDryRun, jobsGroup, memoryPerJobOf } from './jobs.js';
import { loadData } from './load-data.js';
import { presetList } from './preset.js';
import { trainSeveral } from './train-several.js';
import { readSetting, trainGroups, trainingOf } from './training.js';

const shardsGroup = group('Shards', 'shards', options({ shards: shards() }));

export const train: CommandBody = {
  about: [
    'Models:',
    ...modelRegistry.all().map((m) => `  ${m.name.padEnd(16)} ${m.summary}`),
    'Presets (options found by a search):',
    ...presetList(),
    'train MODEL --help lists the options of a model. Repeat the command to continue a run that was stopped.',
    'Several models are trained one after another, each as a run of its own. An option applies to those models that have it.',
  ].join('\n'),
  args: [{ name: 'MODEL', help: 'One or more of the listed models.', required: true, many: true }],
  groups: [...modelRegistry.all().map((m) => modelGroup(m.name)), jobsGroup, ...trainGroups],
  groupsFor: ({ args }) => [
    ...args.map(modelGroup),
    // So that the refusal says which models have them.
    ...(args.some(hasShards) ? [] : [shardsGroup]),
    jobsGroup,
    ...trainGroups,
  ],
  examples: [
    ['train ease', 'a strong baseline on synthetic data'],
    ['train bpr-mf --data citeulike-t --dim 64', 'a teacher on a named data set'],
    ['train lightgcn --data ratings.csv --user userId --item movieId', 'a file with named columns'],
    [
      'train bpr-mf lightgcn mult-vae --data citeulike-hetcomp-split --preset citeulike-hetcomp-split',
      'three tuned teachers',
    ],
    ['train bpr-mf lightgcn --epochs 50 --jobs 2', 'two models at the same time'],
    ['train bpr-mf lightgcn --dry-run', 'show the jobs and their cost'],
    ['train bpr-mf --final', 'then again on all interactions: the run to serve is bpr-mf/final'],
  ],
  async run(given, console) {
    await announceDefaultData(given, false, console);
    if (given.args.length > 1) return trainSeveral(given, console);
    const model = given.args[0]!;
    if (given.flags.shards !== undefined && !hasShards(model)) refuseShards(modelOf(model));
    const setting = readSetting(given);
    const dataset = await loadData(setting.data, console.say);
    checkFinalAsked(given, dataset);
    const { name = model, runs } = readOptions(nameGroup, given);
    // A single run is never read back from a run of another name.
    const request = { ...trainingOf(setting, dataset, given, () => name), reuse: false };
    if (isDryRun(given))
      return dryRun(given, [join(runs, name)], async (kernels) => [
        { prepared: await prepareTraining({ ...request, kernels, memoryPerJob: memoryPerJobOf(given) }) },
      ]);
    const memoryPerJob = memoryPerJobOf(given);
    if (hasShards(model) && (await prepareTraining({ ...request, memoryPerJob })).jobs.length > 1)
      return trainSeveral(given, console, dataset);
    const evaluation = evaluationFor(setting.evaluation, dataset.train);
    const { data } = setting;
    const job = { given, dataset, data, model, method: 'none', evaluation, teachers: [] };
    const done = await runNamed({ ...job, options: request.models[0]!.options, defaultName: name }, console);
    const final = await finalAsked({ given, dataset, evaluation, name: done.name, folder: done.folder }, console);
    const served = final?.bundle ? final.name : done.name;
    const next = [
      ...distillSteps([{ name: done.name, model }], done.runs, dataset),
      ...recommendSteps(served, done.bundle, exampleIds(dataset)),
      ...(done.bundle ? [`serve ${quoted(served)}`] : [`evaluate ${quoted(done.name)} --metrics`]),
    ];
    const { valid } = jsonOf(done);
    const notes = belowPopular([{ name: done.name, model, valid }], dataset, evaluation);
    return answerOf(done, console, evaluation.at, next, final, notes);
  },
};
