/** Recommendations for a shard of the users. Its inputs are a bundle or a run, and a request. Files: `lists.parquet` or `lists.jsonl`, and `counts.json`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleBytes } from '../../../bundle/index.js';
import type { Kernels } from '../../../kernels/index.js';
import { bundlePart } from '../../../memory/index.js';
import { choice, flag, int, options } from '../../../options/options.js';
import type { ListSource } from '../../recommend/_source.js';
import { openSource } from '../../recommend/source.js';
import { tableFormats, writeTable } from '../../recommend/table.js';
import { partUnit } from './_part.js';

/** The rows of a shard while they are written, the working memory of the kernels, and lists. */
const WRITING = 650e6;

/** What a process has read last, so that it is read once for all shards. */
const opened = new WeakMap<Kernels, { readonly key: string; readonly source: Promise<ListSource> }>();

/** The users of a shard, from the first to the one after the last. */
export const usersOf = (nUsers: number, shard: number, of: number): readonly [from: number, to: number] => [
  Math.floor((nUsers * shard) / of),
  Math.floor((nUsers * (shard + 1)) / of),
];

export const recommendUnit = partUnit({
  name: 'recommend',
  needs: 'nothing',
  options: options({
    k: int({ default: 10, min: 1, help: 'Length of a list.' }),
    includeSeen: flag({ default: false, help: 'Also list items that the user has.' }),
    scores: flag({ default: true, help: 'Write scores.' }),
    format: choice(tableFormats, { default: 'parquet', help: 'Format of the files.' }),
  }),
  plan(_, { inputs }) {
    const bytes = inputs[0]?.folder === undefined ? undefined : bundleBytes(inputs[0].folder);
    return [bundlePart(bytes ?? 0), { name: 'lists and their rows', bytes: WRITING }];
  },
  async perform({ k, includeSeen, scores, format }, { inputs, shard, of, folder, kernels, progress, signal }) {
    const [from, request] = inputs as [string, string];
    const key = JSON.stringify([from, request, k, includeSeen]);
    const known = opened.get(kernels);
    const source = known?.key === key ? known.source : openSource(from, request, { k, includeSeen });
    opened.set(kernels, { key, source });
    const lists = await source;
    const [begin, end] = usersOf(lists.nUsers, shard, of);
    const step = progress.task('recommending', 'users');
    const counts = await writeTable(join(folder, `lists.${format}`), lists.blocks(kernels, begin, end), {
      ...{ source: lists, k, scores, format, signal, from: begin, to: end },
      step: (done) => step(done, end - begin),
    });
    writeFileSync(join(folder, 'counts.json'), `${JSON.stringify(counts)}\n`);
  },
});
