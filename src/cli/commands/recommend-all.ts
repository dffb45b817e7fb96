/** `recommend RUN --all`: the lists of all users, in files. */
import { pairOptions } from '../../data/index.js';
import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import {
  type Histories,
  historiesOf,
  type PlanEvent,
  type PlanListener,
  prepareRecommendations,
  type RecommendAllRequest,
  type RecommendedAll,
  runRecommendations,
  secondsOfRecommendations,
  tableFormats,
  usersOf,
} from '../../experiment/index.js';
import { readBytes } from '../../formats/index.js';
import { choice, flag, optionalInt, optionalText, options, parseOptions } from '../../options/options.js';
import { counted, formatBytes, formatCount } from '../../report/format.js';
import { isFinishedRun } from '../../runs/index.js';
import { readHistories } from '../../serve/histories.js';
import type { StudentModel } from '../../student/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { failureOf } from '../terminal/failure.js';
import { readOptions } from '../terminal/flags.js';
import { group, machineGroup, runsGroup } from '../terminal/groups.js';
import { createProgressBar } from '../terminal/progress.js';
import { costLine } from './cost.js';
import { dryRun } from './dry-run.js';
import { isDryRun, jobsGroup, withEngine } from './jobs.js';
import { noHistories } from './recommendations.js';
import { loadDataOf, noRun, placeOf, readAnyRun } from './runs.js';

export const allGroup = group(
  'Lists of all users',
  'recommend',
  options({
    all: flag({ default: false, help: 'Write the lists of all users to files instead of showing one.' }),
    out: optionalText({ help: 'Folder to write: one file for each shard, and recommendations.json.' }),
    format: choice(tableFormats, { default: 'parquet', help: 'Format of the files.' }),
    scores: flag({
      default: true,
      help: 'Write the score of each item. Stored rankings of runs without a bundle have none.',
    }),
    shards: optionalInt({
      min: 1,
      max: 10_000,
      help: 'Number of shards of users, each in a file of its own. Default: about five million rows in a file.',
    }),
    users: optionalText({ help: 'File with the ids of the users to write, one on each line. Default: all.' }),
    candidates: optionalText({ help: 'File with item ids, one on each line: only these are recommended.' }),
    exclude: optionalText({ help: 'File with item ids, one on each line: these are never recommended.' }),
    histories: optionalText({
      help: 'For a student without users: file of user and item rows, such as CSV or Parquet. Default: the data of the run.',
    }),
    historiesUser: optionalText({
      help: 'Column of --histories with the user: name, or number from 1. Default: as for --data.',
    }),
    historiesItem: optionalText({
      help: 'Column of --histories with the item: name, or number from 1. Default: as for --data.',
    }),
  }),
);

export const allGroups = [allGroup, jobsGroup, machineGroup] as const;

/** Largest file of ids in bytes. */
const MOST_BYTES = 2 ** 30;

/** @param k as given. @throws RecdistillError as `prepareRecommendations` and `runRecommendations` */
export async function recommendEveryone(
  given: Given,
  console: Console,
  { k, includeSeen }: { readonly k: number | undefined; readonly includeSeen: boolean },
): Promise<Answer> {
  const o = readOptions(allGroup, given);
  const { out, format, scores, shards, users, candidates, exclude, histories } = o;
  const { runs } = readOptions(runsGroup, given);
  if (out === undefined)
    fail('usage', { problem: 'recommend --all needs --out: the folder to write', hint: 'For example --out recs' });
  if (histories === undefined && (o.historiesUser ?? o.historiesItem) !== undefined)
    fail('usage', {
      problem: 'columns of --histories are named, but there is no such file',
      hint: 'Add --histories FILE.',
    });
  const place = placeOf(given.args[0]!, runs) ?? noRun(given.args[0]!, runs);
  const data = async () => (await loadDataOf(await readAnyRun(place), { args: [], flags: {} }, console.say)).dataset;
  const request: RecommendAllRequest = {
    ...{ from: place.folder, store: runs, out, format, scores, includeSeen, k, shards },
    ...{ users: users === undefined ? undefined : idsIn(users) },
    ...{ candidates: candidates === undefined ? undefined : idsIn(candidates) },
    ...{ exclude: exclude === undefined ? undefined : idsIn(exclude) },
    elsewhere: given.flags.queue !== undefined,
    dataset: data,
    async histories(model) {
      if (histories !== undefined)
        return historiesIn(histories, defined({ user: o.historiesUser, item: o.historiesItem }), model);
      if (isFinishedRun(place.folder)) return historiesOf(await data());
      return fail('needs-not-met', {
        problem: `${place.name} is a bundle without users, so what its users have must be given`,
        hint: 'Give --histories FILE: rows of user and item.',
      });
    },
  };
  if (isDryRun(given))
    return dryRun(given, [], async (kernels) => [
      { prepared: (await prepareRecommendations(request, 1, kernels)).prepared },
    ]);
  const { jobs } = readOptions(jobsGroup, given);
  const count = shards ?? Number.POSITIVE_INFINITY;
  const done = await withEngine(
    { given, console, metric: '', count, folders: [], plan: `recommend ${place.name}` },
    async (engine) => {
      const plan = await prepareRecommendations(request, jobs, engine.kernels);
      const { found, prepared } = plan;
      if (!found.knowsSeen && !includeSeen) console.say(noHistories);
      for (const line of unknownLines(found.unknown, { users, candidates, exclude })) console.say(line);
      if (!plan.finished)
        console.say(
          `${counted(found.nUsers, 'user')}, ${counted(found.request.items?.length ?? found.nItems, 'item')}, lists of ${plan.k}, in ${counted(prepared.jobs.length, 'shard')}.`,
        );
      const seconds = engine.kernels && (await secondsOfRecommendations(plan, engine.kernels, engine.signal));
      const bytes = Math.max(0, ...prepared.jobs.map(({ plan: { memory } }) => memory ?? 0));
      if (!plan.finished) console.say(costLine({ ...(seconds === undefined ? {} : { seconds }), bytes }));
      const progress = followShards(console, found.nUsers, prepared.jobs.length);
      try {
        return await runRecommendations(plan, { ...engine, listen: progress.listen });
      } finally {
        progress.close();
      }
    },
  );
  return { text: textOf(done), json: done };
}

function textOf({ out, k, users, rows, usersWithoutItems, files, reused }: RecommendedAll): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const without =
    usersWithoutItems === 0 ? '' : ` ${counted(usersWithoutItems, 'user')} without any item to recommend.`;
  const has = reused ? 'has these lists already' : 'has the lists';
  return `${out} ${has} of ${counted(users, 'user')}, at most ${k} items each: ${counted(rows, 'row')} in ${counted(files.length, 'file')}, ${formatBytes(bytes)}.${without}`;
}

type Files = Readonly<Record<'users' | 'candidates' | 'exclude', string | undefined>>;

const unknownLines = (unknown: Readonly<Record<keyof Files, number>>, files: Files): string[] =>
  (['users', 'candidates', 'exclude'] as const).flatMap((what) =>
    unknown[what] > 0 ? [`${formatCount(unknown[what])} ids of ${files[what]} are not known and are ignored.`] : [],
  );

/** The ids in a file, one on each line. */
function idsIn(path: string): string[] {
  const text = new TextDecoder().decode(readBytes(path, MOST_BYTES));
  return text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
}

async function historiesIn(
  file: string,
  columns: { readonly user?: string; readonly item?: string },
  model: StudentModel,
): Promise<Histories> {
  const { userIds, indptr, indices } = await readHistories(
    { file, reading: parseOptions(pairOptions, columns, 'data') },
    model,
  );
  return { userIds, history: { indptr, indices } };
}

/** One progress of all shards together, in users. */
function followShards(console: Console, nUsers: number, of: number): { readonly listen: PlanListener; close(): void } {
  const bar = createProgressBar(console, '');
  bar.job('recommend');
  const done = new Map<string, number>();
  const sizeOf = (job: string): number => {
    const shard = Number(job.split('-').at(-1)) - 1;
    const [from, to] = usersOf(nUsers, shard, of);
    return to - from;
  };
  const show = () => {
    const sum = [...done.values()].reduce((a, b) => a + b, 0);
    bar.train({ type: 'progress', what: 'recommending', unit: 'users', done: sum, total: nUsers });
  };
  const listen = (event: PlanEvent): void => {
    if (event.type === 'progress' && event.event.type === 'progress' && event.event.unit === 'users') {
      done.set(event.job, event.event.done);
      show();
    } else if (event.type === 'finished') {
      done.set(event.job, sizeOf(event.job));
      show();
    } else if (event.type === 'retry') bar.say(`${event.job}: the process ended with ${event.end}; it is made again`);
    else if (event.type === 'failed') bar.say(`${event.job} failed: ${failureOf(event.error).message}`);
  };
  return { listen, close: () => bar.close() };
}
