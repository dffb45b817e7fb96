/** The evaluation of a finished run in shards of users, which are parts. The joined values are those of an evaluation in one piece. */
import { join } from 'node:path';
import { type DataOptions, type Dataset, itemCounts } from '../data/index.js';
import { fail } from '../errors.js';
import {
  type Evaluation,
  evaluating,
  joinedEvaluation,
  joinedPopularity,
  listMetrics,
  sampleUsers,
  userKeys,
} from '../eval/index.js';
import { discard, readSafetensors, verifyPart } from '../formats/index.js';
import { tensorOf } from '../formats/safetensors.js';
import { createProgress, runInParts } from '../progress.js';
import type { FinishedRun } from '../runs/index.js';
import { createGraph, prepareGraph, refuseFailures } from './engine/index.js';
import { VALUES } from './engine/parts/evaluate.js';
import { type PlanContext, runPrepared } from './plans/context.js';

export interface ShardedEvaluation {
  readonly run: FinishedRun;
  readonly dataset: Dataset;
  /** How other processes load it. */
  readonly data?: Partial<DataOptions>;
  readonly at: readonly number[];
  readonly part: 'test' | 'hidden';
  readonly evalUsers?: number;
  readonly shards: number;
  /** The runs folder, which holds the parts until they are joined. */
  readonly store: string;
}

/** @throws RecdistillError `interrupted`, and as `evaluate`. Finished parts are kept */
export async function evaluateInShards(request: ShardedEvaluation, context: PlanContext): Promise<Evaluation> {
  const { run, dataset, data, at, part, evalUsers, store } = request;
  const { rankings, manifest, folder } = run;
  const of = Math.min(request.shards, rankings.nUsers);
  const options = { at: [...at], part, ...(evalUsers === undefined ? {} : { evalUsers }) };
  const jobs = Array.from({ length: of }, (_, shard) => ({
    ...{
      kind: 'part' as const,
      name: `evaluate-${shard + 1}`,
      unit: 'evaluate',
      options,
      shard,
      of,
      teachers: ['run'],
    },
  }));
  const evaluation = { at: [...at], selectBy: 'auto' };
  const setting = { evaluation, trajectory: { checkpoints: 1, spread: 'epochs' as const }, ...(data ? { data } : {}) };
  const prepared = await prepareGraph(createGraph('', setting, jobs, ['run']), {
    ...{ ...context, dataset, runs: store },
    held: [{ name: 'run', hash: manifest.hash, folder }],
  });
  refuseFailures(await runPrepared(prepared, context), of);
  const step = createProgress(context.signal ? { signal: context.signal } : {}).task('joining the parts');
  const pieces: Readonly<Record<string, Int32Array | Float64Array>>[] = [];
  for (const [at, { folder }] of prepared.jobs.entries()) {
    await verifyPart(folder!, () => step(at, of));
    const path = join(folder!, VALUES);
    const file = readSafetensors(path);
    const column = (key: string) => {
      const type = key === 'users' || key.endsWith('.users') ? Int32Array : Float64Array;
      return [key, tensorOf<Int32Array | Float64Array>(path, file, key, type, [null])] as const;
    };
    pieces.push(Object.fromEntries([...file.tensors.keys()].map(column)));
  }
  const relevant = part === 'test' ? dataset.test : dataset.hidden?.interactions;
  if (!relevant)
    fail('needs-not-met', {
      problem: `${dataset.name} has no hidden interactions`,
      hint: 'Evaluate on the test part.',
    });
  const sample = sampleUsers(dataset, evalUsers);
  const trainCounts = itemCounts(dataset.train);
  const how = { topK: at, trainCounts, ...(sample ? { sample } : {}) };
  const lists = await runInParts(evaluating(rankings, relevant, { ...how, metrics: listMetrics() }), step);
  for (const { folder } of prepared.jobs) discard(folder!);
  return { ...joinedEvaluation(lists, pieces, userKeys(at)), popularity: joinedPopularity(pieces, trainCounts, at) };
}
