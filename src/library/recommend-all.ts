/** Lists of all users of a run, in files. */
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
import type { Data } from './data.js';
import { withKernels } from './kernels.js';

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

/** What is listed. */
export interface Listed {
  readonly name: string;
  readonly data: Data;
  readonly folder?: string;
}

/** See `Run.recommendAll`. */
export async function recommendAll(
  { name, data, folder }: Listed,
  options: RecommendAllOptions,
): Promise<RecommendedAll> {
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
  if (folder === undefined)
    fail('needs-not-met', {
      problem: `${name} is in memory only`,
      hint: 'Make the run with a folder. The shards are computed from it.',
    });
  const request = {
    ...{ from: folder, out, format, includeSeen, scores, store: asked.store ?? dirname(resolve(out)) },
    ...defined({ k: asked.k, shards: asked.shards, users: asked.users }),
    ...defined({ candidates: asked.candidates, exclude: asked.exclude }),
    dataset: async () => data,
    histories: async () => historiesOf(data),
  };
  return withKernels(own, async (kernels) =>
    runRecommendations(await prepareRecommendations(request, 1, kernels), { kernels, ...defined({ listen, signal }) }),
  );
}
