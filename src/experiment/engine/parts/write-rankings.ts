/** The rankings of a shard of users as a file. Its inputs are finished runs of one data set. File: `lists` with the suffix of the format. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedLists, writeRankingsTable } from '../../../data/index.js';
import { flag, optionalInt, options, text, words } from '../../../options/options.js';
import { runInParts } from '../../../progress.js';
import { jobFiles, readingLists } from '../../../runs/index.js';
import { partUnit } from './_part.js';
import { usersOf } from './recommend.js';

/** Texts of the rows of a file before it is packed, and DuckDB. */
const WRITING = 600e6;

export const writeRankingsUnit = partUnit({
  name: 'write-rankings',
  needs: 'dataset',
  options: options({
    suffix: text({ default: '.parquet', help: 'Format of the file, as the end of its name.' }),
    last: flag({ default: false, help: 'Only the last checkpoint.' }),
    k: optionalInt({ min: 1, help: 'Length of the lists.' }),
    names: words({ default: [], help: 'Names of the teachers in the file, one for each run. Empty: none.' }),
  }),
  plan(_, { inputs }) {
    const sizes = inputs.map(({ folder }) => {
      const file = folder === undefined ? undefined : join(folder, jobFiles.rankings);
      return file === undefined ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
    });
    return [{ name: 'rankings and their rows', bytes: WRITING + 4 * sizes.reduce((a, b) => a + b, 0) }];
  },
  async perform({ suffix, last, k, names }, { inputs, shard, of, folder, dataset, progress }) {
    const data = dataset();
    const lists: NamedLists[] = [];
    for (const [at, run] of inputs.entries())
      lists.push(
        ...(await runInParts(readingLists(run, { last, k, teacher: names[at] }), progress.task('reading lists'))),
      );
    await writeRankingsTable(join(folder, `lists${suffix}`), data, lists, usersOf(data.users.ids.length, shard, of));
  },
});
