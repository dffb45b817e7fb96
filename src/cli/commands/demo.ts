import { type Dataset, itemsOf, locate } from '../../data/index.js';
import { itemTitle, pipelineTable, recommendationTable } from '../../report/index.js';
import type { Answer, CommandBody, Console } from '../terminal/_command.js';
import { machineGroup, writeRunsGroup } from '../terminal/groups.js';
import { citeulike, synthetic } from './demo-pipeline.js';
import { exampleIds, nextSteps, recommendSteps } from './job.js';
import { jobsGroup } from './jobs.js';
import { answerOfPipeline, type PipelineOutcome } from './pipeline-run.js';
import { bundleFolderOf, openStudent } from './recommendations.js';

/** Number of items of the user that are shown. */
const SHOWN = 6;

export const demo: CommandBody = {
  about: [
    'Trains three baselines, three teachers, two students and two more models of the size of the students, compares them in one table and recommends to a user.',
    'Uses the data set citeulike-t if it is in RECDISTILL_DATA or in the cache, otherwise synthetic data.',
    'Finished runs are reused. A demo that was stopped continues.',
  ].join('\n'),
  args: [],
  groups: [jobsGroup, writeRunsGroup, machineGroup],
  examples: [
    ['demo', 'use the data on this machine'],
    ['demo --threads 1 --runs /tmp/runs', 'use one thread and another folder'],
    ['demo --json > demo.json', 'the results as JSON'],
  ],
  async run(given, console) {
    const { pipeline, minutes } = choose(console);
    console.say(`It takes ${minutes} on two cores. Ctrl-C stops it; the next demo continues from the last checkpoint.`);
    const rename = () => 'another folder of runs (--runs)';
    return answerOfPipeline(pipeline, { given, console }, (outcome) => answerOf(outcome, console), rename);
  },
};

function choose({ say }: Console): typeof citeulike {
  say(
    'Three baselines, three teachers, their ensemble, models of the size of the student, and the student: first without distillation, then distilled.',
  );
  if ('folder' in locate('citeulike-t')) {
    say('Data: citeulike-t, articles in the libraries of researchers.');
    return citeulike;
  }
  const why = process.env.RECDISTILL_DATA
    ? 'the folder in RECDISTILL_DATA has no citeulike-t'
    : 'RECDISTILL_DATA is not set';
  say(`Data: synthetic, because ${why}. The results do not show the quality on real data.`);
  return synthetic;
}

async function answerOf(
  { options, dataset, rows, reused, runs, files }: PipelineOutcome,
  console: Console,
): Promise<Answer> {
  const report = pipelineTable(rows, reused, options);
  const distilled = rows.filter((r) => r.role === 'student').at(-1)!;
  const bundle = bundleFolderOf(`${options.name}/${distilled.name}`, runs);
  const { student } = await openStudent(bundle, runs);
  const user = someUser(dataset);
  const userId = dataset.users.ids[user]!;
  const list = student.recommend(userId);
  const itemId = (i: number) => dataset.items.ids[i]!;
  const testItems = new Set(Array.from(itemsOf(dataset.test, user), itemId));
  const has = Array.from(itemsOf(dataset.train, user), (i) => itemTitle(itemId(i), dataset.itemLabels?.[i]));
  const next = nextSteps(console.program, runs, [
    `compare ${options.name}`,
    ...recommendSteps(`${options.name}/${distilled.name}`, bundle, exampleIds(dataset)),
    `distill --teachers ${options.teachers.map((t) => `${options.name}/${t.name ?? t.model}`).join(',')} --dim 12 --name dim12`,
    'doctor',
  ]);
  const text = [
    report.table.toText(),
    '',
    `Report: ${files.html}`,
    '',
    `User ${userId} has ${has.length} train items, among them:`,
    ...has.slice(0, SHOWN).map((name) => `  ${name}`),
    '',
    `${distilled.name} recommends (+ = a test item of the user):`,
    recommendationTable(list, testItems).toText(),
    '',
    next,
  ].join('\n');
  return {
    text,
    json: {
      ...report.toJson(),
      report: files,
      dataset: dataset.name,
      notes: dataset.notes,
      user: userId,
      recommendations: list,
    },
  };
}

/** The first user with at least ten train items and a test item. A fixed rule, so that the example is not selected by its result. */
function someUser({ train, test }: Dataset): number {
  for (let u = 0; u < train.nUsers; u++) if (itemsOf(train, u).length >= 10 && itemsOf(test, u).length > 0) return u;
  return 0;
}
