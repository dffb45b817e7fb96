/** Recommendations for all users of a bundle or a run: shards of users are parts, which any executor can run, joined in one folder of files. */
import { existsSync, readdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { isBundleFile } from '../../bundle/index.js';
import { fail } from '../../errors.js';
import {
  discard,
  type FolderReplacement,
  parseJsonFile,
  readCheckedJson,
  replaceFolder,
  sealedText,
  verifyPart,
  writeAtomic,
  writePart,
} from '../../formats/index.js';
import { hashOf } from '../../formats/sealed-json.js';
import type { Kernels } from '../../kernels/index.js';
import { createProgress } from '../../progress.js';
import {
  createGraph,
  type Executor,
  inlineExecutor,
  type PlanListener,
  type PreparedGraph,
  prepareGraph,
  refuseFailures,
  runGraph,
} from '../engine/index.js';
import { noDataset } from '../engine/no-dataset.js';
import { partFolder } from '../engine/store-folders.js';
import { linkOrCopy } from '../link-or-copy.js';
import { type Found, type FromOptions, findSource } from './from.js';
import { storeRequest } from './request.js';
import type { TableCounts, TableFormat } from './table.js';

export interface RecommendAllRequest extends FromOptions {
  /** Folder of the bundle, or of the run. */
  readonly from: string;
  /** The runs folder, which holds the parts until they are joined. */
  readonly store: string;
  /** Folder to write. */
  readonly out: string;
  /** Length of a list. Default: 10, or as many as there are. */
  readonly k?: number | undefined;
  readonly format: TableFormat;
  /** Number of shards, each in a file of its own. Default: as many as keep a file at about five million rows. */
  readonly shards?: number | undefined;
  readonly includeSeen: boolean;
  readonly scores: boolean;
  /** True if other machines do the work, which have the store and nothing else. Default: false. */
  readonly elsewhere?: boolean | undefined;
}

export interface RecommendationFile {
  readonly name: string;
  readonly users: number;
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 (hex). */
  readonly sha256: string;
}

export interface RecommendedAll {
  readonly out: string;
  readonly k: number;
  readonly users: number;
  readonly items: number;
  readonly rows: number;
  /** Users without any item to recommend. */
  readonly usersWithoutItems: number;
  readonly files: readonly RecommendationFile[];
  /** Identifies the content, whatever the number of shards. */
  readonly hash: string;
  /** Whether the folder had them already. */
  readonly reused: boolean;
}

/** The manifest of a folder of recommendations. */
export const RECOMMENDATIONS = 'recommendations.json';
const FORMAT = 1;
/** Rows of a file. */
const ROWS = 5_000_000;
const MOST_SHARDS = 10_000;

const isOwn = (name: string): boolean => name === RECOMMENDATIONS || /^part-\d{5}\.(parquet|jsonl)$/.test(name);
const fileName = (shard: number, format: TableFormat): string => `part-${String(shard).padStart(5, '0')}.${format}`;

/** A plan that can be run. */
export interface PreparedRecommendations {
  readonly found: Found;
  readonly prepared: PreparedGraph;
  readonly request: RecommendAllRequest;
  readonly k: number;
  readonly hash: string;
  /** What the folder has already, if it is the same. */
  readonly finished?: RecommendedAll;
  readonly requestFolder: string;
  /** Of the bundle or run that the shards read. */
  readonly sourceFolder: string;
  /** Folders in the store that are not needed after the work. */
  readonly temporary: readonly string[];
}

/** @param atLeast number of shards that run at the same time. @throws RecdistillError for anything that can be checked before the work */
export async function prepareRecommendations(
  request: RecommendAllRequest,
  atLeast = 1,
  kernels?: Kernels,
): Promise<PreparedRecommendations> {
  const { from, store, out, format, includeSeen, scores } = request;
  const found = await findSource(from, request);
  const k = request.k ?? Math.min(10, found.most);
  if (k > found.most) {
    const all = found.most === found.nItems;
    fail('bad-option', {
      ...{ option: 'k', owner: 'recommend', given: k, help: 'Ask for fewer items.' },
      expected: `at most ${found.most}, ${all ? 'the number of items' : 'the length of the lists that the run stores'}`,
    });
  }
  if (found.request.by === 'rankings' && includeSeen)
    fail('needs-not-met', {
      problem: `${from} cannot list items that a user has: only its top lists without them are stored`,
      hint: 'Leave out --include-seen, or use a student with factors.',
    });
  const shards = Math.min(
    ...[MOST_SHARDS, Math.max(1, found.nUsers)],
    request.shards ?? Math.max(atLeast, Math.ceil((found.nUsers * k) / ROWS)),
  );
  const stored = await storeRequest(store, found.request);
  const copied = request.elsewhere ? await copyIntoStore(store, found) : undefined;
  const sourceFolder = copied ?? found.folder;
  const hash = hashOf({ from: found.hash, request: stored.hash, k, includeSeen, scores, format });
  const finished = finishedIn(out, hash, shards);
  const options = { k, includeSeen, scores, format };
  const jobs = Array.from({ length: shards }, (_, shard) => ({
    ...{ kind: 'part' as const, name: `recommend-${shard + 1}`, unit: 'recommend', options },
    ...{ shard, of: shards, teachers: ['source', 'request'] },
  }));
  const setting = {
    evaluation: { at: [], selectBy: 'auto' },
    trajectory: { checkpoints: 1, spread: 'epochs' as const },
  };
  const prepared = await prepareGraph(createGraph('', setting, jobs, ['source', 'request']), {
    ...{ dataset: noDataset, runs: store, kernels },
    held: [
      { name: 'source', hash: found.hash, folder: sourceFolder },
      { name: 'request', ...stored },
    ],
  });
  return {
    ...{ found, prepared, request, k, hash, requestFolder: stored.folder, sourceFolder },
    temporary: [stored.folder, ...(copied === undefined ? [] : [copied])],
    ...(finished ? { finished } : {}),
  };
}

/** Copies a bundle outside of the store into it, as a part named by its content. @returns undefined if it is there, or no bundle */
async function copyIntoStore(store: string, { folder, hash, request }: Found): Promise<string | undefined> {
  const isWithin = !relative(store, folder).startsWith('..') && !isAbsolute(relative(store, folder));
  if (isWithin || request.by === 'rankings') return undefined;
  const name = hashOf({ bundle: hash });
  const copy = partFolder(store, name);
  await writePart(copy, { hash: name, spec: { unit: 'bundle' } }, async (temporary) => {
    for (const file of readdirSync(folder).filter(isBundleFile))
      await copyFile(join(folder, file), join(temporary, file));
  });
  return copy;
}

export interface RunRecommendations {
  readonly kernels?: Kernels | undefined;
  /** Default: this process, with `kernels`. */
  readonly executor?: Executor | undefined;
  readonly listen?: PlanListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the parts that the store does not have, and joins them in the folder `out`, which is replaced as a whole. The parts are then removed.
 * @throws RecdistillError `interrupted`, `write-failed`, `usage` if `out` has other files, and those of the parts. Finished parts are kept
 */
export async function runRecommendations(
  plan: PreparedRecommendations,
  run: RunRecommendations,
): Promise<RecommendedAll> {
  const { prepared, finished, request, temporary } = plan;
  if (finished) {
    for (const folder of temporary) discard(folder);
    return finished;
  }
  const { kernels, executor = kernels && inlineExecutor(kernels, noDataset), listen, signal } = run;
  if (!executor) throw new Error('kernels or an executor are needed');
  const replacement = replaceFolder(request.out, isOwn);
  try {
    const result = await runGraph(prepared, { executor, listen, signal });
    refuseFailures(result, prepared.jobs.length);
    const joined = await joinParts(plan, replacement, signal);
    for (const folder of [...prepared.jobs.map((job) => job.folder!), ...temporary]) discard(folder);
    return joined;
  } finally {
    replacement.close();
  }
}

async function joinParts(
  { prepared, request, k, hash, found }: PreparedRecommendations,
  { temporary, commit }: FolderReplacement,
  signal: AbortSignal | undefined,
): Promise<RecommendedAll> {
  const step = createProgress(signal ? { signal } : {}).task('joining the parts');
  const { format, out, includeSeen } = request;
  const files: RecommendationFile[] = [];
  let usersWithoutItems = 0;
  for (const [shard, { folder }] of prepared.jobs.entries()) {
    const name = fileName(shard, format);
    const lists = `lists.${format}`;
    const manifest = await verifyPart(folder!, () => step(shard, prepared.jobs.length));
    const counts = parseJsonFile(join(folder!, 'counts.json')) as TableCounts;
    await linkOrCopy(join(folder!, lists), join(temporary, name));
    files.push({ name, users: counts.users, rows: counts.rows, ...manifest.files[lists]! });
    usersWithoutItems += counts.empty;
  }
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const { nUsers: users, nItems, about, request: chosen } = found;
  const items = chosen.items?.length ?? nItems;
  const result = { k, users, items, rows, usersWithoutItems, files, hash };
  const filters = { includeSeen, users: chosen.users?.length ?? 'all', items: chosen.items?.length ?? 'all' };
  const text = sealedText({ format: FORMAT, kind: 'recommendations', from: about, by: chosen.by, filters, ...result });
  writeAtomic(join(temporary, RECOMMENDATIONS), text);
  commit();
  return { out, ...result, reused: false };
}

/** The same recommendations in the same number of files, if the folder has them. */
function finishedIn(out: string, hash: string, shards: number): RecommendedAll | undefined {
  const path = join(out, RECOMMENDATIONS);
  if (!existsSync(path)) return undefined;
  const { value } = readCheckedJson(path, {
    sealed: true,
    hint: 'Delete the folder: the same command makes it again.',
  });
  const known = value as unknown as RecommendedAll & { readonly format: unknown };
  if (known.format !== FORMAT || known.hash !== hash || known.files.length !== shards) return undefined;
  if (!known.files.every(({ name }) => existsSync(join(out, name)))) return undefined;
  const { k, users, items, rows, usersWithoutItems, files } = known;
  return { out, k, users, items, rows, usersWithoutItems, files, hash, reused: true };
}
