/** Sampling weights of DCD: how much lower or higher the student ranks an item than the teacher. */

/** Larger scores are clamped to this value in the loss of DCD. */
export const DCD_CAP = 80;

/** Minimum weight, so that every item can be sampled. */
const FLOOR = 1e-5;

/**
 * max(tanh(max((rankStudent - rankTeacher) / temperature, 0)), 1e-5): how far the student underestimates an item. With exchanged ranks: how
 * far it overestimates it. Ranks start at 0.
 */
export const rankGap = (rankStudent: number, rankTeacher: number, temperature: number): number =>
  Math.max(Math.tanh(Math.max((rankStudent - rankTeacher) / temperature, 0)), FLOOR);

/**
 * The student's ranks of the items of `list`, from 0; `student.length` for items that `student` does not contain.
 * @param places buffer with one entry per item, all -1; reset on return
 */
export function ranksOf(list: Int32Array, student: Int32Array, places: Int32Array): Int32Array {
  student.forEach((item, rank) => {
    places[item] = rank;
  });
  const ranks = list.map((item) => (places[item]! < 0 ? student.length : places[item]!));
  for (const item of student) places[item] = -1;
  return ranks;
}
