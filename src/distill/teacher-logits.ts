/** The top items of each user by the teachers, and logits of any items: the teacher's scores, or numbers that follow from ranks. */
import { type Interactions, itemsOf } from '../data/interactions.js';
import { type Rankings, rankingOf } from '../data/rankings.js';
import type { Kernels } from '../kernels/index.js';
import type { Tables } from '../models/_model.js';
import { choice, float } from '../options/options.js';
import type { TeacherKnowledge } from './_method.js';

export const logitsShape = {
  targets: choice(['scores', 'rank'], {
    default: 'scores',
    help: 'Logits of the teacher. scores: its scores, for a single teacher with embeddings. rank, and in all other cases: -rank / rankTemperature (rank from 1); items that the list does not contain have the first rank after it.',
  }),
  rankTemperature: float({ default: 10, above: 0, max: 1e6, help: 'Temperature of logits from ranks.' }),
};

export interface TeacherLogits {
  /** Up to `topK` items of the user, best first, without the masked ones. Valid until the next call. */
  top(user: number, topK: number): Int32Array;
  /** Writes the logit of each of `items` to `out`. */
  write(user: number, items: Int32Array, out: Float64Array): void;
  /** Frees kernel memory. */
  close(): void;
}

/** The tables of a single teacher, from which its scores follow; undefined for several teachers, and for one with rankings only. */
export const tablesToScore = (teachers: readonly TeacherKnowledge[], targets: 'scores' | 'rank'): Tables | undefined =>
  targets === 'scores' && teachers.length === 1 ? teachers[0]!.tables : undefined;

/**
 * @param width maximum number of items per call of `write`
 * @param rankings of the teachers; imported ones may contain masked items, which are skipped
 * @param tables absent: logits follow from ranks
 * @param mask items of each user that are excluded
 */
export function createTeacherLogits(
  k: Kernels,
  width: number,
  rankings: Rankings,
  tables: Tables | undefined,
  mask: Interactions,
  rankTemperature: number,
): TeacherLogits {
  const list = new Int32Array(rankings.depth);
  const hidden = new Int32Array(rankings.nItems).fill(-1);
  const listOf = (user: number): Int32Array => {
    for (const item of itemsOf(mask, user)) hidden[item] = user;
    let length = 0;
    for (const item of rankingOf(rankings, user)) if (hidden[item] !== user) list[length++] = item;
    return list.subarray(0, length);
  };
  const top = (user: number, topK: number) => listOf(user).subarray(0, topK);
  if (tables) {
    const [users, items] = [tables.userFactors, tables.itemFactors].map((table) => {
      const copy = k.floats(table.length);
      copy.set(table);
      return copy;
    });
    const [rows, columns, scores] = [k.ints(width), k.ints(width), k.floats(width)];
    return {
      top,
      write(user, of, out) {
        rows.fill(user, 0, of.length);
        columns.set(of);
        k.dotPairs(users!, items!, tables.dim, rows, columns, scores, of.length);
        out.set(scores.subarray(0, of.length));
      },
      close: () => k.free(users!, items!, rows, columns, scores),
    };
  }
  const ranks = new Int32Array(rankings.nItems);
  return {
    top,
    write(user, items, out) {
      const own = listOf(user);
      own.forEach((item, at) => {
        ranks[item] = at + 1;
      });
      for (let n = 0; n < items.length; n++) out[n] = -(ranks[items[n]!] || own.length + 1) / rankTemperature;
      for (const item of own) ranks[item] = 0;
    },
    close() {},
  };
}
