import { type Dataset, itemsOf, locate } from '../../data/index.js';
import { itemTitle, pipelineTable, recommendationTable } from '../../report/index.js';
import type { Answer, Command, Console } from '../terminal/_command.js';
import { machineGroup, writeRunsGroup } from '../terminal/groups.js';
import { citeulike, synthetic } from './demo-pipeline.js';
import { nextSteps, quoted } from './job.js';
import { jobsGroup } from './jobs.js';
import { answerOfPipeline, type PipelineOutcome } from './pipeline-run.js';
import { openStudent } from './recommendations.js';

/** Items of the user that are shown. */
const SHOWN = 6;

export const demo: Command = {
  name: 'demo',
  summary: 'See all of it: teachers, their ensemble, and a tiny student that learns from them',
  about: [
    'Trains three baselines, three teachers and two students, compares them in one table and recommends to a user.',
    'Uses the data set citeulike-t where RECDISTILL_DATA (or the cache) has it, and synthetic data elsewhere.',
    'A second demo reads the finished runs back; one that was stopped goes on.',
  ].join('\n'),
  args: [],
  groups: [jobsGroup, writeRunsGroup, machineGroup],
  examples: [
    ['demo', 'with what this machine has'],
    ['demo --threads 1 --runs /tmp/runs', 'on one thread, in another folder'],
    ['demo --json > demo.json', 'the numbers for a program'],
  ],
  async run(given, console) {
    const { pipeline, minutes } = choose(console);
    console.say(`It takes ${minutes} on two cores. Ctrl-C stops it cleanly, and the next demo goes on from there.`);
    const rename = () => 'another folder of runs (--runs)';
    return answerOfPipeline(pipeline, { given, console }, (outcome) => answerOf(outcome, console), rename);
  },
};

function choose({ say }: Console): typeof citeulike {
  say(
    'Three baselines, three teachers, their ensemble, and one small student: first on its own, then taught by the teachers.',
  );
  if ('folder' in locate('citeulike-t')) {
    say('Data: citeulike-t, what researchers keep in their libraries.');
    return citeulike;
  }
  const why = process.env.RECDISTILL_DATA
    ? 'the folder in RECDISTILL_DATA has no citeulike-t'
    : 'RECDISTILL_DATA names no folder of data sets';
  say(
    `Data: synthetic, made up by recdistill, because ${why}. The numbers show that it works, not how good it is on real data.`,
  );
  return synthetic;
}

async function answerOf(
  { options, dataset, rows, reused, runs, files }: PipelineOutcome,
  console: Console,
): Promise<Answer> {
  const report = pipelineTable(rows, reused, options);
  const taught = rows.filter((r) => r.role === 'student').at(-1)!;
  const { student } = await openStudent(`${options.name}/${taught.name}`, runs);
  const user = someUser(dataset);
  const userId = dataset.users.ids[user]!;
  const list = student.recommend(userId);
  const itemId = (i: number) => dataset.items.ids[i]!;
  const held = new Set(Array.from(itemsOf(dataset.test, user), itemId));
  const has = Array.from(itemsOf(dataset.train, user), (i) => itemTitle(itemId(i), dataset.itemLabels?.[i]));
  const next = nextSteps(console.program, runs, [
    `compare ${options.name}`,
    `recommend ${options.name}/${taught.name} --user ${quoted(dataset.users.ids.at(-1)!)}`,
    `distill --teachers ${options.teachers.map((t) => `${options.name}/${t.name ?? t.model}`).join(',')} --dim 12 --name dim12`,
    'doctor',
  ]);
  const text = [
    report.table.toText(),
    '',
    `Report: ${files.html}`,
    '',
    `User ${userId} has ${has.length} items to learn from, among them:`,
    ...has.slice(0, SHOWN).map((name) => `  ${name}`),
    '',
    `${taught.name} recommends (+ = an item the user took later, held out for the test):`,
    recommendationTable(list, held).toText(),
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

/** The first user with at least ten train items and something held out; a fixed rule, so that nothing is picked by its result. */
function someUser({ train, test }: Dataset): number {
  for (let u = 0; u < train.nUsers; u++) if (itemsOf(train, u).length >= 10 && itemsOf(test, u).length > 0) return u;
  return 0;
}
