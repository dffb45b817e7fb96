/** The memory of commands that read the lists of finished runs, as sums of named parts. Constants were measured as those of memory/parts.ts. */
import { count, type Dataset } from '../data/index.js';
import { type MemoryPart, WORKING } from '../memory/index.js';
import { withData } from './estimate.js';
import { LARGE_RANKINGS } from './rankings-file.js';

export interface ListsSize {
  readonly dataset: Dataset;
  /** Length of the lists. */
  readonly depth: number;
  /** Number of runs, or of lists of all users. */
  readonly runs: number;
}

/** Metrics of single users. */
const USER_METRICS = 6;
/** Objects of a user during an evaluation: (369 - 329) MB for 200,000 users. */
const USER = 200;
/** V8 frees arrays outside of its heap when about this much was allocated. */
const MOST_UNFREED = 64e6;
/** DuckDB with its code, as in memory/parts.ts. */
const DUCKDB = 68e6;
/** What DuckDB holds of a row while it packs or reads a file, and at most: 439 MB and 562 MB for 2,900,000 rows, less the other parts. */
const [PACKED_ROW, MOST_PACKED] = [60, 185e6];
const [READ_ROW, MOST_READ] = [110, 340e6];
/** An entry of a list: (689 - 439) MB to write 180,000 more lists of 100, less the data. Read lists are those of candidates and those for testing. */
const [WRITTEN_ENTRY, READ_ENTRY] = [11.5, 8];

const working: MemoryPart = { name: 'working memory', bytes: WORKING };

/** @param at list lengths of the metrics */
export function evaluationParts({ dataset, depth, runs }: ListsSize, at: readonly number[]): readonly MemoryPart[] {
  const { nUsers } = dataset.train;
  const list = nUsers * depth * 4;
  return withData({ dataset, threads: 1 }, [
    { name: 'rankings', bytes: runs * Math.min(list, LARGE_RANKINGS) },
    { name: 'evaluation', bytes: nUsers * (runs * at.length * USER_METRICS * 8 + USER) },
    { name: 'memory not freed yet', bytes: Math.min(MOST_UNFREED, 2 * runs * list) },
    working,
  ]);
}

/** Writing lists, with the train items of each user, to a file. */
export function writtenListsParts({ dataset, depth, runs }: ListsSize): readonly MemoryPart[] {
  const entries = dataset.train.nUsers * depth;
  const rows = runs * (entries + count(dataset.train));
  return withData({ dataset, threads: 1 }, [
    { name: 'DuckDB, which packs the file', bytes: DUCKDB + Math.min(MOST_PACKED, rows * PACKED_ROW) },
    { name: 'lists', bytes: entries * WRITTEN_ENTRY },
    working,
  ]);
}

/** Reading lists of all users from a file. */
export function importParts({ dataset, depth, runs }: ListsSize): readonly MemoryPart[] {
  const entries = dataset.train.nUsers * depth;
  const rows = entries + count(dataset.train);
  return withData({ dataset, threads: 1 }, [
    { name: 'DuckDB, which reads the file', bytes: DUCKDB + Math.min(MOST_READ, rows * READ_ROW) },
    { name: 'lists', bytes: runs * entries * READ_ENTRY },
    working,
  ]);
}
