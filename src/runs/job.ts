/**
 * One model from its options to an evaluated run: trains or computes it, records its trajectory, evaluates it once on test and stores
 * everything in a run folder, if there is one. An interrupted job is resumed; a finished one is read back.
 */
import { defined } from '../defined.js';
import type { EnsembleChoice } from '../distill/index.js';
import { createEvaluator } from '../eval/evaluation.js';
import { trainable, trainOptionsOf } from '../models/index.js';
import { checkStart } from './check-start.js';
import { continueFrom, continueText } from './continue-from.js';
import { drive } from './drive.js';
import { checkWeighing, choiceText, keptChoice } from './ensemble.js';
import { checkMemory } from './estimate.js';
import { dataSizeOf } from './from-data.js';
import { checkFixedEpochs, checkNeeds, checkTeaches, modelOfTeacher, profileOf } from './method.js';
import { createMethodHooks } from './method-hooks.js';
import { type Job, knowledgeOf, type RepeatedRun, type Teacher, type Use } from './outcome.js';
import type { JobRequest } from './request.js';
import { planRun, type RunPlan } from './run-spec.js';

/**
 * @param use called with the finished model before it is closed; not called for a job that is read back
 * @throws RecdistillError `unknown-name`, `unknown-option`, `bad-option`, `needs-not-met`, `out-of-memory`, `run-locked`, `run-differs`,
 *   `artifact-damaged`, `write-failed`, `diverged`, `interrupted`
 */
export async function runJob(request: JobRequest, use?: Use): Promise<Job> {
  const { dataset, kernels, teachers = [], start } = request;
  const named = teachers.map(({ trajectory, hash }) => ({ name: trajectory.teacher, hash }));
  const plan = planRun({
    ...request,
    start,
    teachers: named,
    dataFingerprint: dataset.fingerprint,
    size: dataSizeOf(dataset),
    arithmetic: kernels.arithmetic,
  });
  checkFixedEpochs(plan.model, dataset, request.options);
  if (start) checkStart(start, dataset);
  return runPlanned(plan, request, use);
}

/**
 * Runs a job whose options are settled.
 * @param repeated of a final fit: the run that it repeats
 * @throws as `runJob`
 */
export async function runPlanned(plan: RunPlan, request: JobRequest, use?: Use, repeated?: RepeatedRun): Promise<Job> {
  const { dataset, kernels, teachers = [], start, folder, listen = () => {} } = request;
  let chosen: EnsembleChoice | undefined;
  const { model: spec, method, modelOptions, methodOptions, evaluation, trajectory, ensemble: kind } = plan;
  const weighing = kind && { kind, evaluator: createEvaluator(dataset, evaluation) };
  if (weighing) checkWeighing(weighing.kind, weighing.evaluator, dataset);
  if (method.needs.teachers !== 'none')
    for (const t of teachers) checkTeaches(method, profileOf(t.trajectory.teacher, modelOfTeacher(t)));
  const known = teachers.map((t) => knowledgeOf(t, dataset.train));
  checkNeeds(spec, method, known, dataset);
  const { checkpoints } = trajectory;
  const size = { spec, options: modelOptions, dataset, threads: kernels.threads, checkpoints };
  checkMemory({ ...size, teacherLists: listsOf(teachers) });
  const { overwrite, source, signal, testCurve } = request;
  const [job] = await drive(
    {
      ...{ dataset, kernels, method: method.name, evaluation, trajectory },
      ...defined({ overwrite, source, signal, testCurve, repeated }),
      models: [
        {
          ...{ spec, options: modelOptions, kind: plan.spec.kind, listen, units: [method, ...(kind ? [kind] : [])] },
          ...defined({ note: plan.fromData }),
          ...{ recorded: plan.spec.options, inputs: plan.spec.inputs ?? {} },
          teachers: teachers.map((t) => t.trajectory.teacher),
          ...(folder ? { folder } : {}),
          ensemble: () => chosen,
          ...(start
            ? {
                async begin(model, listen, progress) {
                  const step = progress.task('folding in new users and items');
                  const report = await continueFrom(model, start, dataset, step);
                  listen({ type: 'note', message: continueText(report) });
                },
              }
            : {}),
        },
      ],
      estimate: true,
      // A student that continues from a bundle can be best before the first epoch.
      evaluateStart: start !== undefined,
      async hooks({ models: [made], train, progress }, batchesPerEpoch) {
        const { model, listen, run } = made!;
        const options = trainOptionsOf(modelOptions);
        if (weighing) {
          const step = progress.task('choosing the weights of teachers');
          const task = { ...weighing, method, methodOptions, dataset, step };
          chosen = await keptChoice(run, teachers, task);
          listen({ type: 'note', message: choiceText(chosen) });
        }
        const weights = chosen?.members.map((m) => m.weight);
        const teaching = { method, methodOptions, teachers, weights, options, batchesPerEpoch, listen, progress };
        return createMethodHooks(kernels, trainable(model), train, teaching);
      },
    },
    use,
  );
  return job!;
}

/** Number of rankings that teachers consist of and that are in memory. */
export const listsOf = (teachers: readonly Pick<Teacher, 'trajectory'>[]): number =>
  teachers
    .flatMap(({ trajectory: { checkpoints, observed } }) => [...checkpoints.map((c) => c.rankings), observed])
    .filter((rankings) => rankings !== undefined && !rankings.rows).length;
