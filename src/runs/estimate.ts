/**
 * The memory that a run takes at most, before it starts, as a sum of named parts. Constants were fitted to the peaks that
 * `npm run campaign -- memory` measures; they are upper bounds, at most about 40 % above the peak.
 */
import { count, type Dataset, isWeighted } from '../data/index.js';
import { LIST_LENGTH } from '../eval/evaluation.js';
import {
  type DataMemory,
  dataMemory,
  type MemoryPart,
  plannedThreads,
  programParts,
  refuseBeyond,
  totalOf,
  WORKING,
  worksElsewhere,
} from '../memory/index.js';
import { historiesAtOnce, type ModelSpec, scoresAtOnce } from '../models/index.js';
import { brokenUnit } from '../options/registry.js';
import { returned } from '../options/unit-check.js';
import { trajectoryOptions } from '../train/index.js';
import { LARGE_RANKINGS } from './rankings-file.js';

type Values = Readonly<Record<string, unknown>>;

export interface RunSize {
  readonly spec: ModelSpec;
  /** All options of the model. */
  readonly options: Values;
  readonly dataset: Dataset;
  /** Of the kernels. Default: as planned for this process. */
  readonly threads?: number;
  /** Rankings of teachers that are in memory: one for each checkpoint of each, and one of their observed items. */
  readonly teacherLists?: number;
  /** The same of teachers that are read from runs: large ones stay in their files. */
  readonly storedLists?: number;
  /** True for the second of two models that train together: the first one counts what a process has once. */
  readonly second?: boolean;
  /** Checkpoints of the trajectory. */
  readonly checkpoints?: number;
}

const CHECKPOINTS = trajectoryOptions.parse({}).checkpoints;
/** The same for a model that is trained: bpr-mf, neumf and mult-vae grew by up to 8 MB more there. */
const TRAINING = 8e6;
/** The same for a model whose rankings are timed before: blocks of the kernels lie elsewhere then. 324 MB for top-pop, 9 MB more than the other parts. */
const TIMED = 14e6;
/** The same for a student: the method is timed before, too. 430 MB for softmax, 6 MB more than the other parts. */
const TAUGHT = 24e6;
/** Batches of an epoch: users, items and their order. */
const INTERACTION = 48;
/** V8 frees arrays outside of its heap when about this much was allocated. */
const MOST_UNFREED = 64e6;
/** Rankings of evaluations that are not freed yet, at most. */
const UNFREED_LISTS = 16;
/** Kernel memory of a thread besides that for top-K selection: packed blocks of products, slots. */
const SLOTS = 0.6e6;
/** Items of which a thread of top-K selection holds scores, and users with a row of such scores for inner products. */
const [TILE, GROUP] = [32_768, 8];

/** @throws RecdistillError `broken-unit` if the model's own estimate is no number */
export const runParts = (run: RunSize): readonly MemoryPart[] => withData(run, modelParts(run));

/** The program, the data and `work`: parts that begin when the data is read, so that they use memory of the reading again. */
export function withData(
  { dataset, threads = plannedThreads() }: Pick<RunSize, 'dataset' | 'threads'>,
  work: readonly MemoryPart[],
): readonly MemoryPart[] {
  const { held, reading } = dataset.memory ?? memoryOf(dataset);
  const more = Math.max(0, reading - totalOf(work));
  return [
    ...programParts(threads),
    ...held,
    ...work,
    ...(more > 0 ? [{ name: 'more while data is read', bytes: more }] : []),
  ];
}

/** For a data set that was not read by recdistill. */
function memoryOf({ train, valid, test, hidden, foldIn }: Dataset): DataMemory {
  const parts = [train, valid, test, ...(hidden ? [hidden.interactions] : []), ...(foldIn ? [foldIn] : [])];
  const rows = parts.reduce((sum, { indices }) => sum + indices.length, 0);
  const values = Number(train.times !== undefined) + Number(train.weights !== undefined);
  return dataMemory({ users: train.nUsers, items: train.nItems, rows, values });
}

/** What a run takes besides the program, its threads and the data. */
export function modelParts({ spec, options, dataset, ...run }: RunSize): readonly MemoryPart[] {
  const { threads = plannedThreads(), teacherLists = 0, storedLists = 0, second = false } = run;
  const { checkpoints: most = CHECKPOINTS } = run;
  // A model that is neither trained nor solved in sweeps has one.
  const checkpoints = Math.min(most, Number(options.epochs ?? 1));
  const { nUsers, nItems } = dataset.train;
  const interactions = count(dataset.train);
  const sizes = { nUsers, nItems, interactions, weighted: isWeighted(dataset.train), threads };
  const trained = spec.kind === 'trained';
  const list = nUsers * Math.min(nItems, LIST_LENGTH) * 4;
  const taught = teacherLists + storedLists > 0;
  const once = WORKING + (trained ? TRAINING : TIMED) + (taught ? TAUGHT : 0);
  const epochs = trained ? Number(options.epochs ?? UNFREED_LISTS) : 1;
  const evaluated = Math.min(MOST_UNFREED, Math.min(UNFREED_LISTS, 2 + epochs) * list);
  return [
    { name: `${spec.name} and its optimiser`, bytes: bytesOf('model', spec.name, spec.memory(sizes, options)) },
    { name: 'ranking', bytes: rankingBytes(spec, options, rankingSizes(dataset), threads) },
    // Copies of the tables for the checkpoint, the model and the bundle: bpr-mf with dim 1024 takes 51 MB more than the other parts.
    { name: 'files to write', bytes: (nUsers + nItems) * widthOf(options) * 8 },
    // The trajectory, the rankings of valid and test, and the observed items: (456 - 274) MB for 80,000 more users of top-pop, less the other parts.
    {
      name: 'rankings kept',
      bytes: (checkpoints + 3 + teacherLists) * list + storedLists * Math.min(list, LARGE_RANKINGS),
    },
    { name: 'working memory', bytes: (second ? 0 : once) + evaluated + (trained ? interactions * INTERACTION : 0) },
  ];
}

/** Length of the rows of its tables; 0 for a model without such an option. */
export const widthOf = (options: Values): number => Number(options.hidden ?? options.dim ?? 0);

/** What rankings are made of. */
export interface RankingSizes {
  readonly nUsers: number;
  readonly nItems: number;
  /** Interactions of train and of valid. */
  readonly train: number;
  readonly valid: number;
  /** Interactions of histories of users who are held out whole, if any is. */
  readonly foldIn?: number | undefined;
}

const rankingSizes = ({ train, valid, foldIn }: Dataset): RankingSizes => ({
  ...{ nUsers: train.nUsers, nItems: train.nItems, train: count(train), valid: count(valid) },
  foldIn: foldIn && count(foldIn),
});

/** Kernel memory for full rankings: what to leave out, the lists of a block, the item table in another layout or a block of scores. */
export function rankingBytes(
  spec: ModelSpec,
  options: Values,
  { nUsers, nItems, train, valid, foldIn }: RankingSizes,
  threads: number,
): number {
  const byTables = spec.capabilities.includes('factors') || spec.ranksByTables === true;
  const width = widthOf(options) + 8;
  const scores = Math.min(scoresAtOnce(spec.perScore?.(options) ?? 1), nUsers * nItems);
  const block = byTables ? nItems * width + 3 * train : Math.max(scores, nItems);
  const tile = Math.min(TILE, nItems) * 5 * (byTables ? GROUP : 1);
  const histories = foldIn === undefined ? 0 : Math.min(historiesAtOnce(nItems), nUsers) * nItems + 2 * foldIn;
  const mask = train + valid + nUsers + histories;
  return (block + mask + nUsers * Math.min(nItems, LIST_LENGTH)) * 4 + threads * (tile + SLOTS);
}

/** Estimated upper bound in bytes of the memory of a process that makes this run. @throws RecdistillError `broken-unit` */
export const memoryNeeded = (run: RunSize): number => totalOf(runParts(run));

/** What the function `memory` of a unit returned. @throws RecdistillError `broken-unit` if it is no number of bytes */
export function bytesOf(unit: 'model' | 'method', name: string, bytes: unknown): number {
  if (typeof bytes === 'number' && bytes >= 0) return bytes;
  return brokenUnit(unit, name, `memory ${returned(bytes)}; expected bytes, a number >= 0`);
}

/** @param available bytes for the whole process; default: what the limit, the container and the machine leave. @throws RecdistillError `out-of-memory` */
export function checkMemory(run: RunSize, available?: number): void {
  if (worksElsewhere()) return;
  const { spec, dataset } = run;
  refuseBeyond(
    runParts(run),
    `${spec.name} on ${dataset.train.nUsers} users x ${dataset.train.nItems} items`,
    'Nothing was started. Lower dim, hidden or batchSize, drop rare items with minItem, use fewer threads, or free memory.',
    available,
  );
}
