/**
 * Dynamic knowledge construction of HetComp (as in the official code at 59568a9; notes in docs/methods/hetcomp.md): for each user and teacher,
 * the checkpoint of the teacher that the student follows.
 */
import { type Rankings, rankingOf } from '../../data/rankings.js';
import type { Trajectory } from '../../data/trajectory.js';
import type { HetcompFormulas } from '../../losses/hetcomp.js';

/**
 * D = 1 - NDCG of the student's first `k` items against the teacher's first `k`, as sets. Weights follow positions in the student's list.
 *     NDCG = sum_p w_p [student_p in top-k of teacher] / sum_p w_p,   w_p = (2^exp(-p/10) - 1) / log2(p + 2),   p = 0 .. k-1
 * `published` rounds NDCG to 4 decimals. If the student has fewer than k candidates, `exact` sums only the weights of those, so that equal
 * lists have distance 0. Without candidates the distance is 0.
 * @param marks buffer with one entry per item; it may contain marks of other users (`mark` must not repeat)
 */
export function discrepancy(
  student: Int32Array,
  teacher: Int32Array,
  weights: Float64Array,
  marks: Int32Array,
  mark: number,
  formulas: HetcompFormulas,
): number {
  const k = weights.length;
  for (let p = 0; p < Math.min(k, teacher.length); p++) marks[teacher[p]!] = mark;
  let got = 0;
  let ideal = 0;
  const places = formulas === 'published' ? k : Math.min(k, student.length);
  if (places === 0) return 0;
  for (let p = 0; p < places; p++) {
    ideal += weights[p]!;
    if (p < student.length && marks[student[p]!] === mark) got += weights[p]!;
  }
  const ndcg = got / ideal;
  return 1 - (formulas === 'published' ? roundHalfEven(ndcg, 4) : ndcg);
}

/** The weights of `discrepancy` for lists of length `k`. */
export const discrepancyWeights = (k: number): Float64Array =>
  Float64Array.from({ length: k }, (_, p) => (2 ** Math.exp(-p / 10) - 1) / Math.log2(p + 2));

export interface KnowledgeOptions {
  /** Length of the compared lists. */
  readonly discrepancyK: number;
  readonly alpha: number;
  readonly decay: number;
  readonly period: number;
  readonly formulas: HetcompFormulas;
  /** `fixed`: every user advances for every teacher in each call. Default: dynamic. */
  readonly construction?: 'dynamic' | 'fixed';
}

/** `selected` and `distance` are nUsers x nTeachers, row by row. */
export interface Selection {
  /** Users who take part in training, ascending. The others have no lists, and stay at the first checkpoint. */
  readonly users: Int32Array;
  readonly selected: Uint8Array;
  readonly distance: Float64Array;
  /** False before the first call: distances are unknown and no user can advance. */
  started: boolean;
}

const everyUser = (nUsers: number): Int32Array => Int32Array.from({ length: nUsers }, (_, u) => u);

/** @param users who take part in training, ascending. Default: all */
export const newSelection = (nUsers: number, teachers: number, users = everyUser(nUsers)): Selection => ({
  users,
  selected: new Uint8Array(nUsers * teachers),
  distance: new Float64Array(nUsers * teachers),
  started: false,
});

/** alpha * decay^floor(epoch / period). Once it is below 1, every user advances in every call. */
export const threshold = (o: KnowledgeOptions, epoch: number): number =>
  o.alpha * o.decay ** Math.floor(epoch / o.period);

/**
 * One call of dynamic knowledge construction, in place. The first call only measures distances to the next checkpoint. Later calls compare
 * the stored distance with the current one. If the ratio exceeds the threshold, the student is close enough and the user advances to
 * the next checkpoint. If the ratio is below 1, the student has moved away, and the user advances, too. 0/0 advances with
 * the `exact` formulas and not with the `published` ones.
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
  for (const u of s.users) {
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
          o.formulas,
        );
      if (o.construction === 'fixed') s.selected[at] = Math.min(last, v + 1);
      else if (!s.started) s.distance[at] = distanceTo(v + 1);
      else if (v < last) {
        const ratio = s.distance[at]! / distanceTo(v + 1);
        const reached = Number.isNaN(ratio) && o.formulas === 'exact';
        if (ratio > limit || ratio < 1 || reached) {
          s.distance[at] = distanceTo(v + 2);
          s.selected[at] = v + 1;
        }
      }
    }
  }
  s.started = true;
}

/** Share of users at each checkpoint of each teacher. */
export function progressOf(s: Selection, teachers: readonly Trajectory[]): number[][] {
  return teachers.map((t, x) => {
    const counts = t.checkpoints.map(() => 0);
    for (const u of s.users) counts[s.selected[u * teachers.length + x]!]! += 1;
    return counts.map((c) => c / s.users.length);
  });
}

/** Mean checkpoint of the users for each of `width` teachers. `published` rounds to 2 decimals. */
export function meanSelected(s: Selection, width: number, formulas: HetcompFormulas): number[] {
  const nUsers = s.users.length;
  return Array.from({ length: width }, (_, x) => {
    let sum = 0;
    for (const u of s.users) sum += s.selected[u * width + x]!;
    return formulas === 'published' ? roundHalfEven(sum / nUsers, 2) : sum / nUsers;
  });
}

/**
 * Whether the student may switch to the fine-grained loss. `exact`: every user is at the last checkpoint of every teacher. `published`: the
 * sum of the mean checkpoints per teacher, each rounded to 2 decimals, equals the sum of the last checkpoints.
 */
export function allReached(s: Selection, teachers: readonly Trajectory[], formulas: HetcompFormulas): boolean {
  const width = teachers.length;
  const last = teachers.map((t) => t.checkpoints.length - 1);
  if (formulas === 'exact') return s.users.every((u) => last.every((most, x) => s.selected[u * width + x] === most));
  return sumOf(meanSelected(s, width, formulas)) >= sumOf(last);
}

/**
 * Users with the fine-grained loss (1) and without (0). `all`: all users together, by `allReached`. `user`: each user who is at the last
 * checkpoint of every teacher. No user before the first construction.
 */
export function fineUsers(
  s: Selection,
  teachers: readonly Trajectory[],
  formulas: HetcompFormulas,
  rule: 'all' | 'user',
): Uint8Array {
  const fine = new Uint8Array(s.selected.length / teachers.length);
  if (!s.started) return fine;
  if (rule === 'all') return fine.fill(allReached(s, teachers, formulas) ? 1 : 0);
  return fine.map((_, u) =>
    teachers.every((t, x) => s.selected[u * teachers.length + x] === t.checkpoints.length - 1) ? 1 : 0,
  );
}

/** Mean distance of the student's lists to each teacher's last checkpoint. */
export function meanDiscrepancy(
  student: Rankings,
  teachers: readonly Trajectory[],
  o: Pick<KnowledgeOptions, 'discrepancyK' | 'formulas'>,
  users: Int32Array,
): number[] {
  const weights = discrepancyWeights(o.discrepancyK);
  const marks = new Int32Array(student.nItems);
  let mark = 0;
  return teachers.map(({ checkpoints }) => {
    const { rankings } = checkpoints.at(-1)!;
    let sum = 0;
    for (const u of users)
      sum += discrepancy(rankingOf(student, u), rankingOf(rankings, u), weights, marks, ++mark, o.formulas);
    return sum / users.length;
  });
}

/** `length` of the checkpoints, evenly spaced and including the last; all if there are not more. */
export function thinned<T extends Trajectory>(t: T, length: number): T {
  const n = t.checkpoints.length;
  if (length >= n) return t;
  const at = (c: number) => t.checkpoints[Math.ceil(((c + 1) * n) / length) - 1]!;
  return { ...t, checkpoints: Array.from({ length }, (_, c) => at(c)) };
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * Python's round(x, digits) for x >= 0: the nearest decimal to the exact value of x, and the even one if two are equally near. Means over
 * eight users do fall in the middle: 0.125 becomes 0.12, where Math.round would give 0.13.
 */
export function roundHalfEven(x: number, digits: number): number {
  // x is exactly in the middle if and only if it is an odd multiple of 2^-(digits + 1).
  if ((x * 2 ** (digits + 1)) % 2 !== 1) return Number(x.toFixed(digits));
  const below = Math.floor(x * 10 ** digits);
  return (below + (below % 2)) / 10 ** digits;
}
