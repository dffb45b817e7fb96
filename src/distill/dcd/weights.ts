/** What DCD is drawn by: how much worse or better the student ranks an item than the teacher. */

/** Scores above it count as this much in the loss of DCD. */
export const DCD_CAP = 80;

/** No weight is less, so that every item can be drawn. */
const FLOOR = 1e-5;

/**
 * max(tanh(max((rankStudent - rankTeacher) / temperature, 0)), 1e-5): how far the student under-estimates an item; with the ranks exchanged, how far
 * it over-estimates it. Ranks count from 0.
 */
export const rankGap = (rankStudent: number, rankTeacher: number, temperature: number): number =>
  Math.max(Math.tanh(Math.max((rankStudent - rankTeacher) / temperature, 0)), FLOOR);

/**
 * Ranks that `student` gives to the items of `list`, from 0; `student.length` for items that it does not hold.
 * @param places one number for each item of the catalogue, all -1; left so
 */
export function ranksOf(list: Int32Array, student: Int32Array, places: Int32Array): Int32Array {
  student.forEach((item, rank) => {
    places[item] = rank;
  });
  const ranks = list.map((item) => (places[item]! < 0 ? student.length : places[item]!));
  for (const item of student) places[item] = -1;
  return ranks;
}
