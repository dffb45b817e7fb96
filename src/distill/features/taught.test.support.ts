/** One batch of a small student by a method of features, for comparisons between methods. */
import { fromPairs } from '../../data/interactions.js';
import { createReferenceKernels } from '../../kernels/index.js';
import type { PairBatch, TrainableModel } from '../../models/_model.js';
import { modelOf } from '../../models/index.js';
import { isCoTrained, methodOf, type TeacherKnowledge } from '../index.js';

export const train = fromPairs(4, 5, [0, 0, 1, 1, 2, 2, 2], [0, 1, 0, 1, 1, 2, 3]);

const numbers = (n: number) => Float32Array.from({ length: n }, (_, at) => Math.sin(at + 1));

/**
 * Loss and gradients of the student's tables and of the method's parameters after one batch. Parameters are set to numbers that depend on their
 * shape and place only; constants (`.b`) are 0.
 * @param given options besides `lambda` 1 and `lossUsers` batch
 * @param items of the ranking of the student and of the teacher, for each user
 */
export async function taught(
  method: 'de' | 'fitnet' | 'freqd' | 'htd' | 'pckd',
  given: object,
  items: readonly (readonly number[])[] = [[2], [3], [0], [0]],
) {
  const k = createReferenceKernels('f64');
  const spec = methodOf(method);
  if (isCoTrained(spec)) throw new Error('not reached');
  const student = modelOf('bpr-mf').create(
    { kernels: k, train, seed: 0 },
    modelOf('bpr-mf').options.parse({ dim: 2, initScale: 1 }),
  ) as TrainableModel;
  const depth = Math.max(...items.map((list) => list.length));
  const padded = items.flatMap((list) => [...list, ...new Array<number>(depth - list.length).fill(-1)]);
  const rankings = { nUsers: 4, nItems: 5, depth, items: Int32Array.from(padded) };
  const teacher: TeacherKnowledge = {
    ...{ teacher: 't', dataFingerprint: '', checkpoints: [{ epoch: 1, metrics: {}, rankings }] },
    tables: { userFactors: numbers(12), itemFactors: numbers(15), dim: 3 },
  };
  const reports: Readonly<Record<string, unknown>>[] = [];
  const hooks = await spec.create(
    {
      ...{ kernels: k, student, train, teachers: [teacher], batchSize: 4, batchesPerEpoch: 1, seed: 1 },
      rankStudent: async () => rankings,
      report: (_, details) => void reports.push(details),
    },
    spec.options.parse({ lambda: 1, lossUsers: 'batch', ...given }),
  );
  hooks.parameters!.forEach((p) => {
    p.values.forEach((_, at) => {
      if (!p.name.endsWith('.b')) p.values[at] = Math.cos(3 * at + p.shape[0]!);
    });
  });
  const batch: PairBatch = {
    ...{ kind: 'pairs', size: 2, users: Int32Array.of(0, 2), positives: Int32Array.of(0, 3) },
    ...{ negatives: Int32Array.of(2, 0), perPositive: 1, epoch: 1, index: 0 },
  };
  const loss = hooks.accumulate!(batch);
  await hooks.afterEpoch?.(1);
  const gradientsOf = (parameters: readonly { readonly gradient: ArrayLike<number> }[]) =>
    parameters.map((p) => Array.from(p.gradient));
  return {
    loss,
    gradients: [...gradientsOf(student.parameters), ...gradientsOf(hooks.parameters!)],
    reports,
  };
}
