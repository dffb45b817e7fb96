/** The items of RCE-KD: how the student's and the teacher's top items overlap, and which items of the student's ranking are sampled. */

/** `paper`: as the paper defines it. `code`: as its published code has it. */
export type RceRule = 'paper' | 'code';

/** Counts of the published code are at most this. */
const CAP = 50;

export interface RceRequest {
  /** The teacher's first items, best first. */
  readonly teacherTop: Int32Array;
  /** The student's ranking, best first. Its first `topK` items are its top list. */
  readonly studentRanking: Int32Array;
  readonly topK: number;
  readonly rule: RceRule;
}

/**
 * For each position of the student's ranking, the number of the teacher's items there or further down. `paper`: of those that are not in the
 * student's top list; items that the ranking does not contain count at every position. `code`: of all that the ranking contains, at most 50.
 * @param places buffer with one entry per item, all -1; reset on return
 */
export function itemsBehind({ teacherTop, studentRanking, topK, rule }: RceRequest, places: Int32Array): Float64Array {
  const n = studentRanking.length;
  const counts = new Float64Array(n);
  studentRanking.forEach((item, at) => {
    places[item] = at;
  });
  let missing = 0;
  for (const item of teacherTop) {
    const at = places[item]!;
    if (at < 0) missing += 1;
    else if (rule === 'code' || at >= topK) counts[at]! += 1;
  }
  for (const item of studentRanking) places[item] = -1;
  for (let at = n - 2; at >= 0; at--) counts[at]! += counts[at + 1]!;
  return counts.map((count) => (rule === 'paper' ? count + missing : Math.min(CAP, count)));
}

/** Logarithms of the weights by which positions of the student's ranking are sampled. @param counts as `itemsBehind` has them */
export const sampleLogWeights = (counts: Float64Array, rule: RceRule, temperature: number): Float64Array =>
  counts.map((count) => (rule === 'paper' ? count : count + 1) / temperature);

/**
 * exp(-beta * overlap), the weight of the second loss. The overlap is the share of the teacher's top items that `items` contains: with the
 * rule `paper` the student's top list, with `code` the sampled items. 1 without teacher items.
 * @param marks buffer with one entry per item, all 0; reset on return
 */
export function secondWeight(teacherTop: Int32Array, items: Int32Array, beta: number, marks: Uint8Array): number {
  for (const item of items) marks[item] = 1;
  let shared = 0;
  for (const item of teacherTop) shared += marks[item]!;
  for (const item of items) marks[item] = 0;
  return Math.exp((-beta * shared) / Math.max(1, teacherTop.length));
}

/**
 * Writes the items of the second loss to `out`: the sampled ones, then those of the teacher that are neither sampled nor in the student's top list.
 * @param marks as in `secondWeight`
 * @returns their number, at most sampled + teacher items
 */
export function secondItems(
  { teacherTop, studentTop, sampled }: Readonly<Record<'teacherTop' | 'studentTop' | 'sampled', Int32Array>>,
  out: Int32Array,
  marks: Uint8Array,
): number {
  out.set(sampled);
  let length = sampled.length;
  for (const item of sampled) marks[item] = 1;
  for (const item of studentTop) marks[item] = 1;
  for (const item of teacherTop) if (marks[item] === 0) out[length++] = item;
  for (const item of sampled) marks[item] = 0;
  for (const item of studentTop) marks[item] = 0;
  return length;
}
