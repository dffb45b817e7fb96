/** Subject `ensemble-importance`: importance of ranks, its steadiness over checkpoints, and the fused lists. */
import { itemsOf } from 'recdistill/data';
import { createFusion, type ImportanceOptions, type UserRanking } from 'recdistill/distill';
import type { Checker, Inputs, Json, Result } from './_checker.js';
import { readInteractions, readLists, readNumber, readText } from './inputs.js';

export const ensembleImportance: Checker = {
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'importance') {
      const cutoff = inputs.cutoff === null ? Number.POSITIVE_INFINITY : readNumber(inputs, 'cutoff');
      return { float64: fused(inputs, { importance: 'rank', temperature: readNumber(inputs, 'temperature'), cutoff }) };
    }
    // Both are defined with the constants of the official code.
    const rank: ImportanceOptions = { importance: 'rank', temperature: 10, cutoff: 100 };
    if (kind === 'importance-from-snapshots') return { float64: fused(inputs, rank) };
    if (kind === 'consistency') return { float64: fused(inputs, { ...rank, importance: 'rank+consistency' }, rank) };
    throw new Error(`inputs.kind is "${kind}", expected importance, importance-from-snapshots or consistency`);
  },
};

/** @param without if given, `consistency_sum` is what `o` adds to this */
function fused(inputs: Inputs, o: ImportanceOptions, without?: ImportanceOptions): Result {
  const nItems = readNumber(inputs, 'n_items');
  const topK = readNumber(inputs, 'K');
  const train = readInteractions(inputs, 'train', nItems);
  const teachers = 'rankings' in inputs ? fromRankings(inputs) : fromSnapshots(inputs);
  const users = Array.from({ length: train.nUsers }, (_, u) => teachers.map((rankingOf) => rankingOf(u)));
  const fusion = createFusion(nItems, o);
  const sums = users.map((rankings) => fusion.importance(rankings));
  const plain = without && createFusion(nItems, without);
  return {
    importance_sum: sums,
    top: users.map((rankings, u) => fusion.fuse(rankings, topK, { without: itemsOf(train, u), fill: true })),
    ...(plain ? { consistency_sum: users.map((v, u) => minus(sums[u]!, plain.importance(v))) } : {}),
  };
}

const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - b[i]!);

type TeacherRankings = (user: number) => UserRanking;

const each = (inputs: Inputs, key: string): readonly Json[] => {
  const value = inputs[key];
  if (!Array.isArray(value)) throw new Error(`inputs.${key} is no list`);
  return value as readonly Json[];
};

const fromRankings = (inputs: Inputs): TeacherRankings[] =>
  each(inputs, 'rankings').map((rankings) => {
    const lists = readLists({ rankings }, 'rankings');
    return (u) => ({ list: Int32Array.from(lists[u]!) });
  });

/** rank_snapshots[x][q][b][i] is a rank; the library takes lists. */
const fromSnapshots = (inputs: Inputs): TeacherRankings[] =>
  each(inputs, 'rank_snapshots').map((snapshots) => {
    const lists = (snapshots as readonly Json[]).map((ranks) => readLists({ ranks }, 'ranks').map(listOfRanks));
    return (u) => ({ list: lists.at(-1)![u]!, earlier: lists.slice(0, -1).map((q) => q[u]!) });
  });

function listOfRanks(ranks: readonly number[]): Int32Array {
  const list = new Int32Array(ranks.length);
  ranks.forEach((rank, item) => {
    list[rank] = item;
  });
  return list;
}
