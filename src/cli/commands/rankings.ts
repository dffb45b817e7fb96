import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type NamedLists, writeRankingsTable } from '../../data/index.js';
import { fail } from '../../errors.js';
import { usersOf } from '../../experiment/index.js';
import { flag, optionalInt, optionalText, options } from '../../options/options.js';
import { formatBytes, formatCount, listed } from '../../report/format.js';
import { type FinishedRun, readTeacher } from '../../runs/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { asRecorded, dataGroup, group, runsGroup } from '../terminal/groups.js';
import { dataLoader, expectSameData } from './evaluated.js';
import { readRun, runsGiven } from './runs.js';

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
    ['rankings bpr-mf --out lists.parquet --shards 8', 'eight files, each with the lists of an eighth of the users'],
    ['rankings demo --out lists.csv.gz --last', 'the last checkpoints of all runs of a pipeline'],
  ],
  async run(given, console) {
    const { out, last, shards } = readOptions(outGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'rankings needs --out: the file to write', hint: 'For example --out rankings.parquet' });
    const found = runsGiven(given).map((place) => ({ name: place.name, run: readRun(place) }));
    expectSameData(found);
    const dataset = await dataLoader(given)(found[0]!.run);
    const lists = found.flatMap(({ name, run }) => listsOf(run, last, found.length > 1 ? name : undefined));
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

function listsOf(run: FinishedRun, last: boolean, teacher: string | undefined): NamedLists[] {
  const { checkpoints, observed } = readTeacher(run.folder).trajectory;
  return checkpoints.flatMap(({ epoch, rankings }, c) => {
    const isLast = c === checkpoints.length - 1;
    if (last && !isLast) return [];
    // The test rankings extend those of the trajectory, which exclude other items.
    const more = isLast ? [run.rankings, ...(observed ? [observed] : [])] : [];
    return {
      lists: [rankings, ...more],
      ...(teacher === undefined ? {} : { teacher }),
      ...(last ? {} : { checkpoint: epoch }),
    };
  });
}
