/** A bundle for tests of what runs outside of the library. */
import { writeBundle } from 'recdistill/bundle';
import { createStudent, type Student } from 'recdistill/student';

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
