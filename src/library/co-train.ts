/** Two finished models that continue training together and learn from each other. */
import { join } from 'node:path';
import { type CoTrainedMethod, type LearnerRole, methodOf, type Pair } from '../distill/index.js';
import { fail } from '../errors.js';
import { coTrainedOnly, coTrain as coTrainModels, readSavedModel, type SavedModel } from '../runs/index.js';
import type { TrainEvent } from '../train/index.js';
import { type CallOptions, requestOf, unitOptions } from './call.js';
import { expectOptions } from './check.js';
import { type Data, expectData, sourceOf } from './data.js';
import { withKernels } from './kernels.js';
import { copyOf, createRun, expectRun, type Run } from './run.js';
import type { CoTrainedName, MethodOptions } from './train.js';

interface CoTrainCall extends Omit<CallOptions, 'listen'> {
  /** Finished runs of the same data from which training continues. The teacher must not be the smaller one. */
  readonly teacher: Run;
  readonly student: Run;
  /** Default: the data of the teacher. */
  readonly data?: Data;
  readonly listen?: (event: TrainEvent, role: LearnerRole) => void;
}

/** Options of `coTrain`: of the call and of the method `D`. With `folder`, the runs are stored in `teacher` and `student` within it. */
export type CoTrainOptions<D> = CoTrainCall & MethodOptions<D>;

/**
 * Continues the training of two models together, each learning from the other. The given runs do not change.
 * @param method a name such as `bd`, or a method made by `coTrainedMethod`
 * @returns the runs of both models; their names begin with that of the call, by default the method
 * @throws as `train`; `needs-not-met` if a model cannot be trained further, or the teacher is smaller than the student
 */
export function coTrain<D extends CoTrainedName | CoTrainedMethod>(
  method: D,
  options: CoTrainOptions<D>,
): Promise<Pair<Run>>;
export async function coTrain(
  method: CoTrainedName | CoTrainedMethod,
  options: Partial<CoTrainCall> = {},
): Promise<Pair<Run>> {
  const spec = coTrainedOnly(methodOf(method));
  expectOptions(options, 'coTrain');
  const { name = spec.name, folder, listen, kernels: own } = options;
  const [teacher, student] = [expectRun(options.teacher, 'the teacher'), expectRun(options.student, 'the student')];
  const data = expectData(options.data ?? teacher.data, 'coTrain');
  const given = unitOptions(options, [spec], ['teacher', 'student', 'data']);
  if (options.final)
    fail('needs-not-met', {
      problem: `${spec.name} trains a teacher and a student together and has no final fit`,
      hint: 'Leave out final, or distil with another method.',
    });
  const source = sourceOf(data);
  const made: Readonly<Record<string, ArrayLike<number>>>[] = [];
  const jobs = await withKernels(own, (kernels) =>
    coTrainModels(
      {
        ...{ method: spec, dataset: data, kernels, teacher: savedOf(teacher), student: savedOf(student) },
        ...{ options: given, ...requestOf(options) },
        ...(source ? { source } : {}),
        ...(listen ? { listen: (role: LearnerRole, event: TrainEvent) => listen(event, role) } : {}),
      },
      (model) => made.push(folder === undefined ? copyOf(model) : {}),
    ),
  );
  const runOf = (role: LearnerRole, at: number, other: Run): Run => {
    const place = folder === undefined ? undefined : join(folder, role);
    const job = jobs[role];
    return createRun({
      ...{ name: `${name}-${role}`, data, outcome: job, hash: job.teacher.hash, teachers: [other.name] },
      ...(place === undefined ? {} : { folder: place }),
      parameters: () => (place === undefined ? (made[at] ?? {}) : readSavedModel(place).parameters),
    });
  };
  return { teacher: runOf('teacher', 0, student), student: runOf('student', 1, teacher) };
}

const savedOf = (run: Run): SavedModel => {
  const { model, options, hash } = run;
  return { model, options, parameters: run.parameters(), dataFingerprint: run.data.fingerprint, hash };
};
