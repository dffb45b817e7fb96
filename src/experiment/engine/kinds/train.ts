/** Trains or computes a model, alone or distilled from its teachers, in one run folder. */
import { defined } from '../../../defined.js';
import {
  checkHeldOut,
  checkMemory,
  checkWeighing,
  dataSizeOf,
  isFinishedRun,
  memoryNeeded,
  planRun,
  runHash,
  runJob,
  runParts,
  type SavedModel,
  savedModelOf,
} from '../../../runs/index.js';
import type { TrainJob } from '../job.js';
import type { JobKind } from './_kind.js';

export const trainKind: JobKind<TrainJob> = {
  plan(job, { setting, dataset, evaluator, inputs, arithmetic }) {
    const { model, modelOptions, ensemble, spec } = planRun({
      ...{
        model: job.model,
        method: job.method,
        options: job.options,
        dataFingerprint: dataset.fingerprint,
        size: dataSizeOf(dataset),
        arithmetic,
      },
      ...{ evaluation: setting.evaluation, trajectory: setting.trajectory, ...defined({ ensemble: job.ensemble }) },
      teachers: inputs.map(({ teacher, hash }) => ({ name: teacher, hash })),
    });
    checkHeldOut(model, dataset);
    if (ensemble) checkWeighing(ensemble, evaluator, dataset);
    const { checkpoints } = setting.trajectory;
    // Each teacher has as many checkpoints, and its observed items.
    const storedLists = inputs.length * (checkpoints + 1);
    const run = { spec: model, options: modelOptions, dataset, checkpoints, storedLists };
    checkMemory(run);
    return {
      results: [{ name: job.name, place: '', teacher: model.name, spec, hash: runHash(spec) }],
      memory: memoryNeeded(run),
      parts: runParts(run),
    };
  },
  isFinished: isFinishedRun,
  async perform({ model, method, ensemble, options }, task, context, { listen, signal, teachers }) {
    const { setting, folder, overwrite, keepsModel, dataFingerprint } = task;
    let saved: SavedModel | undefined;
    const outcome = await runJob(
      {
        ...context,
        ...{ model, method, options, overwrite, listen, signal, teachers: teachers() },
        ...{ evaluation: setting.evaluation, trajectory: setting.trajectory, testCurve: setting.testCurve ?? false },
        ...defined({ folder, source: setting.data, ensemble }),
      },
      (trained, { result }) => {
        if (keepsModel) saved = savedModelOf(trained, result, dataFingerprint);
      },
    );
    return { outcomes: [outcome], reused: outcome.reused, ...(saved ? { saved } : {}) };
  },
};
