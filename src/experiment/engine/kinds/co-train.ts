/** Trains a teacher and a student together, in two run folders that are made and resumed together. */
import { defined } from '../../../defined.js';
import { learnerRoles, methodOf, type Pair } from '../../../distill/index.js';
import { fail } from '../../../errors.js';
import { evaluationFor } from '../../../eval/index.js';
import {
  coTrain,
  coTrainedOnly,
  coTrainSpec,
  isFinishedRun,
  planCoTraining,
  runHash,
  type SavedModel,
  untrainedModel,
} from '../../../runs/index.js';
import type { CoTrainJob } from '../job.js';
import type { JobKind, ResultPlan } from './_kind.js';

export const coTrainKind: JobKind<CoTrainJob> = {
  plan(job, { setting, dataset, inputs, arithmetic }) {
    const before = pairOf(job.name, job.start, inputs);
    const saved = savedPair(before, dataset.fingerprint);
    const plan = planCoTraining(coTrainedOnly(methodOf(job.method)), saved, job.options, dataset);
    const hashes = { teacher: before.teacher.hash, student: before.student.hash };
    const shared = { ...setting, evaluation: evaluationFor(setting.evaluation, dataset.train) };
    const results = learnerRoles.map((role, at): ResultPlan => {
      const spec = coTrainSpec(plan, role, hashes, { ...shared, dataFingerprint: dataset.fingerprint, arithmetic });
      const teacher = plan.sides[at]!.spec.name;
      return { name: `${job.name}/${role}`, place: role, teacher, spec, hash: runHash(spec) };
    });
    return { results, memory: plan.memory, parts: plan.parts };
  },
  isFinished: isFinishedRun,
  async perform({ method, options, start }, { setting, folder, overwrite }, context, { listen, signal, pair }) {
    const { teacher, student } = await coTrain({
      ...{ ...context, ...pair(start), method, options, overwrite, signal },
      ...{ evaluation: setting.evaluation, trajectory: setting.trajectory, testCurve: setting.testCurve ?? false },
      ...defined({ folder, source: setting.data }),
      // Only the progress of the student is reported.
      listen: (role, event) => {
        if (role === 'student') listen(event);
      },
    });
    return { outcomes: [teacher, student], reused: teacher.reused && student.reused };
  },
};

/** The teacher and the student among the inputs. @throws RecdistillError `needs-not-met` unless there are two inputs */
export function pairOf<T extends { readonly name: string }>(job: string, start: string, inputs: readonly T[]): Pair<T> {
  const student = inputs.find(({ name }) => name === start);
  const [teacher, ...more] = inputs.filter((input) => input !== student);
  if (teacher && student && more.length === 0) return { teacher, student };
  return fail('needs-not-met', {
    problem: `${job} trains one teacher and one student together; ${inputs.length} runs to start from were given`,
    hint: 'Name one teacher.',
  });
}

/** The models that the two start from. Of a model that is not trained yet, only the options are known. */
export function savedPair({ teacher, student }: Pair<ResultPlan>, dataFingerprint: string): Pair<SavedModel> {
  const savedOf = ({ saved, teacher: model, spec }: ResultPlan) =>
    saved ?? untrainedModel(model, spec.options, dataFingerprint);
  return { teacher: savedOf(teacher), student: savedOf(student) };
}
