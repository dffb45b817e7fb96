import { statSync } from 'node:fs';
import { checkRankingsName, type NamedLists, type Rankings, writeRankingsTable } from '../../data/index.js';
import { defined } from '../../defined.js';
import { importanceOptions, rerankRankings } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { writeRankingsInShards } from '../../experiment/index.js';
import { totalOf } from '../../memory/index.js';
import { flag, optionalFloat, optionalInt, optionalText, options, words } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import { formatBytes, formatCount, listed } from '../../report/format.js';
import { readingLists, readingTeacher, writtenListsParts } from '../../runs/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { asRecorded, dataGroup, group, machineGroup, runsGroup } from '../terminal/groups.js';
import { costLine } from './cost.js';
import { dataLoader, expectSameData } from './evaluated.js';
import { withEngine, workersGroup } from './jobs.js';
import { secondsOfWriting } from './lists-cost.js';
import { readRuns, runsGiven } from './runs.js';

/** Of ranks in the teachers' lists. */
const IMPORTANCE = importanceOptions.parse({});

const outGroup = group(
  'Rankings',
  'rankings',
  options({
    out: optionalText({ help: 'File to write: .csv, .tsv or .jsonl, each also with .gz or .zst, or .parquet.' }),
    k: optionalInt({
      min: 1,
      help: 'Only the best items of each list, without train items. Default: all that the run keeps, usually 100 candidate items.',
    }),
    shards: optionalInt({
      min: 1,
      max: 10_000,
      help: 'Write so many files, each with the lists of a part of the users, --jobs at a time: lists-00000.parquet and so on for --out lists.parquet.',
    }),
    rerank: optionalFloat({
      min: 0,
      max: 1,
      help: "Share of the teachers' disagreement in the order of each list, against popularity bias (docs/methods/hetcomp.md). Needs --teachers; implies --last.",
    }),
    teachers: words({ default: [], help: 'Runs of at least two teachers, for --rerank.' }),
    last: flag({ default: false, help: 'Write only the last checkpoint, without a checkpoint column.' }),
  }),
);

export const rankings: CommandBody = {
  about: [
    'Columns: user, item, rank (1 = best), teacher (if there are several runs), checkpoint.',
    'Each list has the candidate items of the user that the run keeps, then their train items, both in ranked order. `import` reads the same rankings from the file.',
    'Nothing is ranked again. `recommend RUN --all --k N` writes longer lists of a run with a student bundle.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [outGroup, runsGroup, workersGroup, machineGroup, asRecorded(dataGroup)],
  examples: [
    ['rankings bpr-mf --out bpr-mf.parquet', 'the whole trajectory'],
    ['rankings bpr-mf --out top.csv --last --k 20', 'the 20 best items of each user'],
    [
      'rankings student --out debiased.parquet --rerank 0.3 --teachers ials,ease',
      'lists re-ranked by the disagreement of the teachers; `import` evaluates them',
    ],
    [
      'rankings bpr-mf --out lists.parquet --shards 8 --jobs 2',
      'eight files, each with the lists of an eighth of the users, two at a time',
    ],
    ['rankings demo --out lists.csv.gz --last', 'the last checkpoints of all runs of a pipeline'],
  ],
  async run(given, console) {
    const { out, rerank, teachers: named, last: onlyLast, k, shards } = readOptions(outGroup, given);
    const { runs } = readOptions(runsGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'rankings needs --out: the file to write', hint: 'For example --out rankings.parquet' });
    checkRankingsName(out);
    expectTeachers(rerank, named, shards);
    const found = await readRuns(runsGiven(given));
    const teachers = named.length > 0 ? await readRuns(runsGiven(given, named)) : [];
    expectSameData([...found, ...teachers]);
    const dataset = await dataLoader(given)(found[0]!.run);
    const reading = (name: string) => createProgress().task(`reading ${name}`);
    const taught: Rankings[] = [];
    for (const { name, run } of teachers) {
      const { trajectory } = await runInParts(readingTeacher(run.folder), reading(name));
      taught.push(trajectory.checkpoints.at(-1)!.rankings);
    }
    const reordered = (lists: Rankings) =>
      rerank === undefined
        ? lists
        : rerankRankings(lists, taught, dataset.train, IMPORTANCE, { eta: rerank, temperature: 10 });
    const last = onlyLast || rerank !== undefined;
    const lists: NamedLists[] = [];
    for (const { name, run } of found) {
      const teacher = found.length > 1 ? name : undefined;
      lists.push(...(await runInParts(readingLists(run.folder, { last, k, reordered, teacher }), reading(name))));
    }
    const inShards = async (shards: number): Promise<string[]> =>
      withEngine({ given, console, metric: '', count: shards, folders: [] }, (engine) =>
        writeRankingsInShards(
          { runs: found, dataset, out, last, shards, store: runs, ...defined({ k, data: found[0]!.run.source }) },
          engine,
        ),
      );
    const size = { dataset, depth: k ?? found[0]!.run.rankings.depth, runs: lists.length };
    const bytesNeeded = totalOf(writtenListsParts(size));
    console.say(costLine({ seconds: await secondsOfWriting(out, dataset, lists), bytes: bytesNeeded }));
    if (shards === undefined) await writeRankingsTable(out, dataset, lists);
    const files = shards === undefined ? [out] : await inShards(shards);
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    const names = found.map(({ name }) => name);
    const shown = files.length > 1 ? `${files[0]} to ${files.at(-1)}` : files[0];
    const depth = k ?? found[0]!.run.rankings.depth;
    const text = `${shown}: ${formatBytes(bytes)}, ${formatCount(lists.length)} list${lists.length === 1 ? '' : 's'} of up to ${formatCount(depth)} candidate items for each user, of ${listed(names)}.`;
    return {
      text,
      json: { ...(shards === undefined ? { file: out } : { files }), bytes, runs: names, checkpoints: lists.length },
    };
  },
};

/** @throws RecdistillError `usage` */
function expectTeachers(rerank: number | undefined, teachers: readonly string[], shards: number | undefined): void {
  const hint = 'For example --rerank 0.3 --teachers ials,ease';
  if (rerank === undefined && teachers.length > 0)
    fail('usage', { problem: '--teachers was given without --rerank', hint });
  if (rerank !== undefined && teachers.length < 2)
    fail('usage', {
      problem: `--rerank needs at least two teachers that can disagree; given: ${teachers.join(', ') || 'none'}`,
      hint,
    });
  if (rerank !== undefined && shards !== undefined)
    fail('usage', {
      problem: '--rerank and --shards were given together',
      hint: 'Re-ranked lists are written to one file. Leave out --shards.',
    });
}
