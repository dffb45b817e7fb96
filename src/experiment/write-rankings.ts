/** The rankings of finished runs in files of users, each of which is a part. */
import { basename, dirname, join } from 'node:path';
import type { DataOptions, Dataset } from '../data/index.js';
import { defined } from '../defined.js';
import { discard, makeFolder, publish, temporaryBeside, verifyPart } from '../formats/index.js';
import { createProgress } from '../progress.js';
import type { FinishedRun } from '../runs/index.js';
import { createGraph, prepareGraph, refuseFailures } from './engine/index.js';
import { linkOrCopy } from './link-or-copy.js';
import { type PlanContext, runPrepared } from './plans/context.js';

export interface RankingsInShards {
  /** Of one data set. The names are in the files if there are several runs. */
  readonly runs: readonly { readonly name: string; readonly run: FinishedRun }[];
  readonly dataset: Dataset;
  /** How other processes load it. */
  readonly data?: Partial<DataOptions>;
  /** The name of a single file: `lists.parquet` becomes `lists-00000.parquet` and so on. */
  readonly out: string;
  readonly last: boolean;
  readonly k?: number;
  readonly shards: number;
  /** The runs folder, which holds the parts until all are there. */
  readonly store: string;
}

/**
 * Writes the files, each under its name when all parts are there.
 * @returns their names
 * @throws RecdistillError `interrupted`, and as `writeRankingsTable`. Finished parts are kept
 */
export async function writeRankingsInShards(request: RankingsInShards, context: PlanContext): Promise<string[]> {
  const { runs, dataset, data, out, last, k, store } = request;
  const of = Math.min(request.shards, dataset.users.ids.length);
  const [stem, suffix] = partsOf(out);
  const names = runs.length > 1 ? runs.map(({ name }) => name) : [];
  const held = runs.map(({ run }, at) => ({ name: `run-${at + 1}`, hash: run.manifest.hash, folder: run.folder }));
  const teachers = held.map(({ name }) => name);
  const jobs = Array.from({ length: of }, (_, shard) => ({
    ...{ kind: 'part' as const, name: `rankings-${shard + 1}`, unit: 'write-rankings', shard, of, teachers },
    options: { suffix, last, names, ...defined({ k }) },
  }));
  const evaluation = { at: [], selectBy: 'auto' };
  const setting = { evaluation, trajectory: { checkpoints: 1, spread: 'epochs' as const }, ...defined({ data }) };
  const prepared = await prepareGraph(createGraph('', setting, jobs, teachers), {
    ...{ ...context, dataset, runs: store, held },
  });
  refuseFailures(await runPrepared(prepared, context), of);
  const step = createProgress(context.signal ? { signal: context.signal } : {}).task('joining the parts');
  makeFolder(dirname(out));
  const files: string[] = [];
  for (const [shard, { folder }] of prepared.jobs.entries()) {
    await verifyPart(folder!, () => step(shard, of));
    const file = join(dirname(out), `${stem}-${String(shard).padStart(5, '0')}${suffix}`);
    const temporary = temporaryBeside(file);
    await linkOrCopy(join(folder!, `lists${suffix}`), temporary);
    publish(temporary, file);
    files.push(file);
  }
  for (const { folder } of prepared.jobs) discard(folder!);
  return files;
}

/** `a/lists.csv.gz` as `lists` and `.csv.gz`. */
function partsOf(out: string): readonly [stem: string, suffix: string] {
  const name = basename(out);
  const dot = name.indexOf('.', 1);
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
}
