import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type NamedLists, type Rankings, writeRankingsTable } from '../../data/index.js';
import { importanceOptions, rerankRankings } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { usersOf } from '../../experiment/index.js';
import { flag, optionalFloat, optionalInt, optionalText, options, words } from '../../options/options.js';
import { formatBytes, formatCount, listed } from '../../report/format.js';
import { type FinishedRun, readTeacher } from '../../runs/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { asRecorded, dataGroup, group, runsGroup } from '../terminal/groups.js';
import { dataLoader, expectSameData } from './evaluated.js';
import { type RunPlace, readRun, runsGiven } from './runs.js';

/** Of ranks in the teachers' lists. */
const IMPORTANCE = importanceOptions.parse({});

const outGroup = group(
  'Rankings',
  'rankings',
  options({
    out: optionalText({ help: 'File to write: .csv, .tsv or .jsonl, each also with .gz or .zst, or .parquet.' }),
    shards: optionalInt({
      min: 1,
      max: 10_000,
      help: 'Write so many files, each with the lists of a part of the users: lists-00000.parquet and so on for --out lists.parquet.',
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
    'Each list has the candidate items of the user, then their train items, both in ranked order. `import` reads the same rankings from the file.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs of the same data set.', required: true, many: true }],
  groups: [outGroup, runsGroup, asRecorded(dataGroup)],
  examples: [
    ['rankings bpr-mf --out bpr-mf.parquet', 'the whole trajectory'],
    [
      'rankings student --out debiased.parquet --rerank 0.3 --teachers ials,ease',
      'lists re-ranked by the disagreement of the teachers; `import` evaluates them',
    ],
    ['rankings bpr-mf --out lists.parquet --shards 8', 'eight files, each with the lists of an eighth of the users'],
    ['rankings demo --out lists.csv.gz --last', 'the last checkpoints of all runs of a pipeline'],
  ],
  async run(given, console) {
    const { out, rerank, teachers: named, last: onlyLast, shards } = readOptions(outGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'rankings needs --out: the file to write', hint: 'For example --out rankings.parquet' });
    if ((rerank !== undefined) !== named.length > 1)
      fail('usage', {
        problem:
          rerank === undefined
            ? '--teachers was given without --rerank'
            : `--rerank needs at least two teachers that can disagree; given: ${named.join(', ') || 'none'}`,
        hint: 'For example --rerank 0.3 --teachers ials,ease',
      });
    const runOf = (place: RunPlace) => ({ name: place.name, run: readRun(place) });
    const found = runsGiven(given).map(runOf);
    const teachers = named.length > 0 ? runsGiven(given, named).map(runOf) : [];
    expectSameData([...found, ...teachers]);
    const dataset = await dataLoader(given)(found[0]!.run);
    const taught = teachers.map(({ run }) => readTeacher(run.folder).trajectory.checkpoints.at(-1)!.rankings);
    const reordered = (r: Rankings) =>
      rerank === undefined ? r : rerankRankings(r, taught, dataset.train, IMPORTANCE, { eta: rerank, temperature: 10 });
    const last = onlyLast || rerank !== undefined;
    const lists = found.flatMap(({ name, run }) => listsOf(run, last, reordered, found.length > 1 ? name : undefined));
    const nUsers = dataset.users.ids.length;
    const of = Math.min(shards ?? 1, nUsers);
    const files = Array.from({ length: of }, (_, shard) => (shards === undefined ? out : numbered(out, shard)));
    for (const [shard, file] of files.entries()) {
      await writeRankingsTable(file, dataset, lists, usersOf(nUsers, shard, of));
      if (shards !== undefined) console.say(`${file} (${shard + 1} of ${of})`);
    }
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    const names = found.map(({ name }) => name);
    const shown = of > 1 ? `${files[0]} to ${files.at(-1)}` : files[0];
    const text = `${shown}: ${formatBytes(bytes)}, ${formatCount(lists.length)} list${lists.length === 1 ? '' : 's'} for each user, of ${listed(names)}.`;
    return {
      text,
      json: { ...(shards === undefined ? { file: out } : { files }), bytes, runs: names, checkpoints: lists.length },
    };
  },
};

/** `lists.csv.gz` becomes `lists-00003.csv.gz`. */
const numbered = (out: string, shard: number): string => {
  const [name, folder] = [basename(out), dirname(out)];
  const dot = name.indexOf('.', 1);
  const end = dot < 0 ? name.length : dot;
  return join(folder, `${name.slice(0, end)}-${String(shard).padStart(5, '0')}${name.slice(end)}`);
};

function listsOf(
  run: FinishedRun,
  last: boolean,
  reordered: (last: Rankings) => Rankings,
  teacher: string | undefined,
): NamedLists[] {
  const { checkpoints, observed } = readTeacher(run.folder).trajectory;
  return checkpoints.flatMap(({ epoch, rankings }, c) => {
    const isLast = c === checkpoints.length - 1;
    if (last && !isLast) return [];
    // The test rankings extend those of the trajectory, which exclude other items.
    const more = isLast ? [run.rankings, ...(observed ? [observed] : [])] : [];
    return {
      lists: [isLast ? reordered(rankings) : rankings, ...more],
      ...(teacher === undefined ? {} : { teacher }),
      ...(last ? {} : { checkpoint: epoch }),
    };
  });
}
