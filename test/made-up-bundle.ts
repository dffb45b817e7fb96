/** A bundle for tests of what runs outside of the library. */
import { readBundle, writeBundle } from 'recdistill/bundle';
import { createStudent, type Precision, type Student, type StudentModel } from 'recdistill/student';

/** Writes it; its ids are numbers from 0. @returns the student in this process */
export function madeUpBundle(folder: string): Student {
  const [nUsers, nItems, dim] = [9, 300, 7];
  const model = {
    ...{ nUsers, nItems, dim },
    userFactors: Float32Array.from({ length: nUsers * dim }, (_, j) => Math.sin(j + 1)),
    itemFactors: Float32Array.from({ length: nItems * dim }, (_, j) => Math.cos(3 * j)),
    itemBiases: Float32Array.from({ length: nItems }, (_, j) => Math.sin(j) / 9),
    userIds: Array.from({ length: nUsers }, (_, u) => String(u)),
    itemIds: Array.from({ length: nItems }, (_, i) => String(i)),
    labels: Array.from({ length: nItems }, (_, i) => `Item ${i}`),
  };
  writeBundle(folder, model, { dataFingerprint: 'f00d', licence: 'for tests', madeBy: {}, metrics: {} });
  return createStudent(model);
}

/** The same without users, in a precision. @returns the student as it is read back, with the rounding of its precision */
export async function madeUpItemsOnly(folder: string, precision: Precision): Promise<Student> {
  const [nItems, dim] = [300, 7];
  const model: StudentModel = {
    ...{ nUsers: 0, userIds: [], userFactors: new Float32Array(0), nItems, dim },
    itemFactors: Float32Array.from({ length: nItems * dim }, (_, j) => Math.cos(3 * j)),
    itemBiases: Float32Array.from({ length: nItems }, (_, j) => Math.sin(j) / 9),
    itemIds: Array.from({ length: nItems }, (_, i) => String(i)),
    answer: {
      by: 'history',
      inputFactors: Float32Array.from({ length: nItems * dim }, (_, j) => Math.sin(5 * j)),
      exponent: 0.5,
    },
    popular: { items: Int32Array.of(9, 8, 7), counts: Int32Array.of(30, 20, 10) },
  };
  writeBundle(folder, model, { dataFingerprint: 'f00d', licence: 'for tests', madeBy: {}, metrics: {} }, { precision });
  return createStudent((await readBundle(folder)).model);
}

/** Everything that a student without users answers, as text with all digits. Runs anywhere: it uses nothing but its argument. */
export function everythingFromItems(s: Student): string {
  const profile = s.profile(['7', '9']);
  profile.add('3');
  profile.remove('9');
  return JSON.stringify([
    s.recommendFromItems(['7', '9', '7', 'gone', '3'], { k: 20 }),
    s.recommendFromItems([], { k: 2 }),
    s.recommendFromItems(['1'], { candidates: ['9', '8'] }),
    s.similarItems('7', { k: 5 }),
    profile.recommend({ k: 5 }),
    profile.recommend({ k: 5, exact: false }),
    profile.score('4'),
  ]);
}
