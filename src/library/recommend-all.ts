/** Lists of all users of a run or a bundle, in files. */
import { dirname, resolve } from 'node:path';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import {
  historiesOf,
  type PlanListener,
  prepareRecommendations,
  type RecommendedAll,
  runRecommendations,
} from '../experiment/index.js';
import type { Kernels } from '../kernels/index.js';
import { expectOptions, expectPath } from './check.js';
import { withKernels } from './kernels.js';
import { expectAnyRun, type Run } from './run.js';

export interface RecommendAllOptions {
  /** Folder to write: `part-00000.parquet` and so on, and `recommendations.json`. It is replaced as a whole. */
  readonly out: string;
  /** Length of a list. Default: 10, or as many as there are. */
  readonly k?: number;
  /** Default: `parquet`. */
  readonly format?: 'parquet' | 'jsonl';
  /** Number of files. Default: about five million rows in each. */
  readonly shards?: number;
  /** Ids of the users to write. Default: all. */
  readonly users?: readonly string[];
  /** Item ids: only these are listed. Default: all. */
  readonly candidates?: readonly string[];
  /** Item ids that are never listed. */
  readonly exclude?: readonly string[];
  /** Also list items that the user has. Default: false. */
  readonly includeSeen?: boolean;
  /** Write scores, if they are known. Default: true. */
  readonly scores?: boolean;
  /** Folder in which finished shards are kept until all are there, so that a stopped call continues. Default: the one with `out`. */
  readonly store?: string;
  readonly kernels?: Kernels;
  readonly listen?: PlanListener;
  readonly signal?: AbortSignal;
}

const names = {
  ...{ out: true, k: true, format: true, shards: true, users: true, candidates: true, exclude: true },
  ...{ includeSeen: true, scores: true, store: true, kernels: true, listen: true, signal: true },
} satisfies Record<keyof RecommendAllOptions, true>;

/**
 * Writes the lists of all users, the same as `recommend` gives for each: `await recommendAll(student, { out: 'recs', k: 100 })`.
 * @param from a run with a folder, or the folder of a bundle with users
 * @throws RecdistillError `needs-not-met`, `bad-option`, `bad-data` if no chosen id is known, `write-failed`, `interrupted`
 */
export async function recommendAll(from: Run | string, options: RecommendAllOptions): Promise<RecommendedAll> {
  expectOptions(options, 'recommendAll', Object.keys(names));
  const {
    out,
    format = 'parquet',
    includeSeen = false,
    scores = true,
    kernels: own,
    listen,
    signal,
    ...asked
  } = options;
  expectPath(out, 'recommendAll');
  const run = typeof from === 'string' ? undefined : expectAnyRun(from, 'the first argument');
  const folder = typeof from === 'string' ? from : run!.folder;
  if (folder === undefined)
    fail('needs-not-met', {
      problem: `${run!.name} is in memory only`,
      hint: 'Make the run with a folder, or save its bundle and pass the folder of the bundle.',
    });
  const data = async () =>
    run?.data ??
    fail('needs-not-met', {
      problem: `${folder} is a bundle without users, so the data with what they have is needed`,
      hint: 'Pass the run instead of the folder of its bundle.',
    });
  const request = {
    ...{ from: folder, out, format, includeSeen, scores, store: asked.store ?? dirname(resolve(out)) },
    ...defined({ k: asked.k, shards: asked.shards, users: asked.users }),
    ...defined({ candidates: asked.candidates, exclude: asked.exclude }),
    dataset: data,
    histories: async () => historiesOf(await data()),
  };
  return withKernels(own, async (kernels) =>
    runRecommendations(await prepareRecommendations(request, 1, kernels), { kernels, ...defined({ listen, signal }) }),
  );
}
