import { statSync } from 'node:fs';
import { type NamedLists, writeRankingsTable } from '../../data/index.js';
import { fail } from '../../errors.js';
import { flag, optionalText, options } from '../../options/options.js';
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
    ['rankings demo --out lists.csv.gz --last', 'the last checkpoints of all runs of a pipeline'],
  ],
  async run(given) {
    const { out, last } = readOptions(outGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'rankings needs --out: the file to write', hint: 'For example --out rankings.parquet' });
    const found = runsGiven(given).map((place) => ({ name: place.name, run: readRun(place) }));
    expectSameData(found);
    const dataset = await dataLoader(given)(found[0]!.run);
    const lists = found.flatMap(({ name, run }) => listsOf(run, last, found.length > 1 ? name : undefined));
    await writeRankingsTable(out, dataset, lists);
    const bytes = statSync(out).size;
    const names = found.map(({ name }) => name);
    const text = `${out}: ${formatBytes(bytes)}, ${formatCount(lists.length)} list${lists.length === 1 ? '' : 's'} for each user, of ${listed(names)}.`;
    return { text, json: { file: out, bytes, runs: names, checkpoints: lists.length } };
  },
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
