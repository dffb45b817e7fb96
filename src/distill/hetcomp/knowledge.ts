/**
 * Dynamic knowledge construction of HetComp (per the official code at 59568a9; notes in docs/methods/hetcomp.md): for each user
 * and teacher, which checkpoint of the teacher the student should follow now.
 */
import { type Rankings, rankingOf } from '../../data/rankings.js';
import type { Trajectory } from '../../data/trajectory.js';

/** `reference` repeats the official code's rounding and comparisons; `correct` is the clean definition. */
export type Arithmetic = 'correct' | 'reference';

/**
 * D = 1 - NDCG of the student's first `k` items against the teacher's first `k`, as sets: weights follow the position in the STUDENT's list.
 *     NDCG = sum_p w_p [student_p in top-k of teacher] / sum_p w_p,   w_p = (2^exp(-p/10) - 1) / log2(p + 2),   p = 0 .. k-1
 * `reference` rounds NDCG to 4 decimals. Where the student has fewer than k candidates, `correct` sums the weights of those that it has, so that
 * equal lists have the distance 0; without any there is nothing to disagree on, and the distance is 0.
 * @param marks one number per item, for marking; left as other users' leftovers (`mark` must not repeat)
 */
export function discrepancy(
  student: Int32Array,
  teacher: Int32Array,
  weights: Float64Array,
  marks: Int32Array,
  mark: number,
  arithmetic: Arithmetic,
): number {
  const k = weights.length;
  for (let p = 0; p < Math.min(k, teacher.length); p++) marks[teacher[p]!] = mark;
  let got = 0;
  let ideal = 0;
  const places = arithmetic === 'reference' ? k : Math.min(k, student.length);
  if (places === 0) return 0;
  for (let p = 0; p < places; p++) {
    ideal += weights[p]!;
    if (p < student.length && marks[student[p]!] === mark) got += weights[p]!;
  }
  const ndcg = got / ideal;
  return 1 - (arithmetic === 'reference' ? roundHalfEven(ndcg, 4) : ndcg);
}

/** The weights of `discrepancy` for lists of length `k`. */
export const discrepancyWeights = (k: number): Float64Array =>
  Float64Array.from({ length: k }, (_, p) => (2 ** Math.exp(-p / 10) - 1) / Math.log2(p + 2));

export interface KnowledgeOptions {
  /** Length of the lists that are compared. */
  readonly discrepancyK: number;
  readonly alpha: number;
  readonly decay: number;
  readonly period: number;
  readonly arithmetic: Arithmetic;
  /** `fixed`: every pair moves on in every call, whatever the distances are. Default: dynamic. */
  readonly construction?: 'dynamic' | 'fixed';
}

/** `selected` and `distance` are users x teachers, row by row. */
export interface Selection {
  readonly selected: Uint8Array;
  readonly distance: Float64Array;
  /** Before the first call distances are unknown, so nothing can advance. */
  started: boolean;
}

export const newSelection = (nUsers: number, teachers: number): Selection => ({
  selected: new Uint8Array(nUsers * teachers),
  distance: new Float64Array(nUsers * teachers),
  started: false,
});

/** alpha * decay^floor(epoch / period): falls below 1 in time, from when on everybody advances in every call. */
export const threshold = (o: KnowledgeOptions, epoch: number): number =>
  o.alpha * o.decay ** Math.floor(epoch / o.period);

/**
 * One call of dynamic knowledge construction, in place. The first call only measures distances to the next checkpoint. Later ones
 * compare the stored distance with the distance now: by ratio > threshold the student has come nearer and moves on to the next
 * checkpoint; by ratio < 1 it has drifted away, and moves on too. 0/0 (reached, both times) moves on in `correct` arithmetic and stays in `reference`.
 */
export function advance(
  s: Selection,
  student: Rankings,
  teachers: readonly Trajectory[],
  o: KnowledgeOptions,
  epoch: number,
): void {
  const weights = discrepancyWeights(o.discrepancyK);
  const marks = new Int32Array(student.nItems);
  const limit = threshold(o, epoch);
  let mark = 0;
  for (let u = 0; u < student.nUsers; u++) {
    const own = rankingOf(student, u);
    for (let x = 0; x < teachers.length; x++) {
      const { checkpoints } = teachers[x]!;
      const last = checkpoints.length - 1;
      const at = u * teachers.length + x;
      const v = s.selected[at]!;
      const distanceTo = (checkpoint: number) =>
        discrepancy(
          own,
          rankingOf(checkpoints[Math.min(last, checkpoint)]!.rankings, u),
          weights,
          marks,
          ++mark,
          o.arithmetic,
        );
      if (o.construction === 'fixed') s.selected[at] = Math.min(last, v + 1);
      else if (!s.started) s.distance[at] = distanceTo(v + 1);
      else if (v < last) {
        const ratio = s.distance[at]! / distanceTo(v + 1);
        const reached = Number.isNaN(ratio) && o.arithmetic === 'correct';
        if (ratio > limit || ratio < 1 || reached) {
          s.distance[at] = distanceTo(v + 2);
          s.selected[at] = v + 1;
        }
      }
    }
  }
  s.started = true;
}

/** Share of users at each checkpoint, for each teacher. */
export function progressOf(s: Selection, teachers: readonly Trajectory[]): number[][] {
  const nUsers = s.selected.length / teachers.length;
  return teachers.map((t, x) => {
    const counts = t.checkpoints.map(() => 0);
    for (let u = 0; u < nUsers; u++) counts[s.selected[u * teachers.length + x]!]! += 1;
    return counts.map((c) => c / nUsers);
  });
}

/** Mean checkpoint of the users for each of `width` teachers; `reference` rounds to 2 decimals. */
export function meanSelected(s: Selection, width: number, arithmetic: Arithmetic): number[] {
  const nUsers = s.selected.length / width;
  return Array.from({ length: width }, (_, x) => {
    let sum = 0;
    for (let u = 0; u < nUsers; u++) sum += s.selected[u * width + x]!;
    return arithmetic === 'reference' ? roundHalfEven(sum / nUsers, 2) : sum / nUsers;
  });
}

/**
 * True when the student may go on to fine-grained order. `correct`: every pair is at its last checkpoint. `reference`: the teachers' mean
 * checkpoints, each rounded to 2 decimals, sum up to the sum of the last ones.
 */
export function allReached(s: Selection, teachers: readonly Trajectory[], arithmetic: Arithmetic): boolean {
  const width = teachers.length;
  const last = teachers.map((t) => t.checkpoints.length - 1);
  if (arithmetic === 'correct') return s.selected.every((v, at) => v === last[at % width]);
  return sumOf(meanSelected(s, width, arithmetic)) >= sumOf(last);
}

/**
 * Which users have come to fine-grained order (1) and which have not (0). `all`: everybody at once, by `allReached`. `user`: each one whose
 * pairs are all at their last checkpoint. Nobody before the first construction.
 */
export function fineUsers(
  s: Selection,
  teachers: readonly Trajectory[],
  arithmetic: Arithmetic,
  rule: 'all' | 'user',
): Uint8Array {
  const fine = new Uint8Array(s.selected.length / teachers.length);
  if (!s.started) return fine;
  if (rule === 'all') return fine.fill(allReached(s, teachers, arithmetic) ? 1 : 0);
  return fine.map((_, u) =>
    teachers.every((t, x) => s.selected[u * teachers.length + x] === t.checkpoints.length - 1) ? 1 : 0,
  );
}

/** Mean distance of the users' lists to each teacher's last checkpoint: how far the student still is from what it is to learn. */
export function meanDiscrepancy(
  student: Rankings,
  teachers: readonly Trajectory[],
  o: Pick<KnowledgeOptions, 'discrepancyK' | 'arithmetic'>,
): number[] {
  const weights = discrepancyWeights(o.discrepancyK);
  const marks = new Int32Array(student.nItems);
  let mark = 0;
  return teachers.map(({ checkpoints }) => {
    const { rankings } = checkpoints.at(-1)!;
    let sum = 0;
    for (let u = 0; u < student.nUsers; u++)
      sum += discrepancy(rankingOf(student, u), rankingOf(rankings, u), weights, marks, ++mark, o.arithmetic);
    return sum / student.nUsers;
  });
}

/** `length` of the checkpoints, evenly spread and with the last one; all if there are no more. */
export function thinned(t: Trajectory, length: number): Trajectory {
  const n = t.checkpoints.length;
  if (length >= n) return t;
  const at = (c: number) => t.checkpoints[Math.ceil(((c + 1) * n) / length) - 1]!;
  return { ...t, checkpoints: Array.from({ length }, (_, c) => at(c)) };
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * Python's round(x, digits) for x >= 0: the nearest decimal number to the exact value of x, the even one of two that are equally near.
 * Means over eight users do lie between two decimals: 0.125 becomes 0.12, where Math.round would give 0.13.
 */
export function roundHalfEven(x: number, digits: number): number {
  // x lies exactly in the middle if and only if it is an odd multiple of 2^-(digits + 1).
  if ((x * 2 ** (digits + 1)) % 2 !== 1) return Number(x.toFixed(digits));
  const below = Math.floor(x * 10 ** digits);
  return (below + (below % 2)) / 10 ** digits;
}
