/** A bundle for tests of what runs outside of the library. */
import { writeBundle } from 'recdistill/bundle';
import { createStudent, type Student } from 'recdistill/student';

/** Writes it; its ids are numbers from 0. @returns the student in this process */
export function madeUpBundle(folder: string): Student {
  const [users, items, dim] = [9, 300, 7];
  const model = {
    ...{ users, items, dim },
    userFactors: Float32Array.from({ length: users * dim }, (_, j) => Math.sin(j + 1)),
    itemFactors: Float32Array.from({ length: items * dim }, (_, j) => Math.cos(3 * j)),
    itemBiases: Float32Array.from({ length: items }, (_, j) => Math.sin(j) / 9),
    userIds: Array.from({ length: users }, (_, u) => String(u)),
    itemIds: Array.from({ length: items }, (_, i) => String(i)),
    labels: Array.from({ length: items }, (_, i) => `Item ${i}`),
  };
  writeBundle(folder, model, { dataFingerprint: 'f00d', licence: 'for tests', madeBy: {}, metrics: {} });
  return createStudent(model);
}
