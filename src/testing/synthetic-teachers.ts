/** Teachers with random rankings, for tests of methods. Later checkpoints are closer to the last one. Their tables are unrelated to the rankings. */

import { type Interactions, itemsOf, type Rankings } from '../data/index.js';
import type { TeacherKnowledge } from '../distill/index.js';
import { shuffle, stream, uniform } from '../math/random.js';

const CHECKPOINTS = 3;
const DIM = 3;

/** @param fingerprint of their data set; every second teacher ranks observed items, too */
export function teachersFor(train: Interactions, teachers: number, fingerprint: string): TeacherKnowledge[] {
  return Array.from({ length: teachers }, (_, x) => ({
    teacher: `synthetic-${x + 1}`,
    dataFingerprint: fingerprint,
    checkpoints: Array.from({ length: CHECKPOINTS }, (_, c) => ({
      epoch: c + 1,
      metrics: {},
      rankings: unobserved(train, x, c),
    })),
    tables: {
      userFactors: numbers(train.nUsers * DIM, `users ${x}`),
      itemFactors: numbers(train.nItems * DIM, `items ${x}`),
      dim: DIM,
    },
    ...(x % 2 === 0 ? { observed: rankingsOf(train, (u) => shuffled(itemsOf(train, u), `observed ${x}`, u)) } : {}),
  }));
}

/** The last checkpoint is a random order per teacher and user. In earlier ones, more of its top is shuffled. */
function unobserved(train: Interactions, teacher: number, checkpoint: number): Rankings {
  return rankingsOf(train, (u) => {
    const own = new Set(itemsOf(train, u));
    const candidates = Int32Array.from({ length: train.nItems }, (_, i) => i).filter((i) => !own.has(i));
    const last = shuffled(candidates, `last ${teacher}`, u);
    const mixed = Math.floor((last.length * (CHECKPOINTS - 1 - checkpoint)) / CHECKPOINTS);
    last.set(shuffled(last.subarray(0, mixed), `mixed ${teacher} ${checkpoint}`, u));
    return last;
  });
}

function rankingsOf(train: Interactions, listOf: (user: number) => Int32Array): Rankings {
  const items = new Int32Array(train.nUsers * train.nItems).fill(-1);
  for (let u = 0; u < train.nUsers; u++) items.set(listOf(u), u * train.nItems);
  return { nUsers: train.nUsers, nItems: train.nItems, depth: train.nItems, items };
}

/** Random values between -2 and 2. */
const numbers = (length: number, purpose: string): Float32Array =>
  Float32Array.from({ length }, (_, at) => 4 * uniform(stream(5, purpose), 0, at) - 2);

function shuffled(items: Int32Array, purpose: string, user: number): Int32Array {
  const copy = items.slice();
  shuffle(copy, stream(5, purpose), user);
  return copy;
}
