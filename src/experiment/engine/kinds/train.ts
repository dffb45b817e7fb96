/** Training or computing a model, alone or distilled from its teachers: one run folder. */
import {
  checkMemory,
  isFinishedRun,
  memoryNeeded,
  planRun,
  runHash,
  runJob,
  type SavedModel,
  savedModelOf,
} from '../../../runs/index.js';
import type { TrainJob } from '../job.js';
import type { ShippedKind } from './_kind.js';

export const trainKind: ShippedKind<TrainJob> = {
  plan(job, { setting, dataset, inputs }) {
    const { model, modelOptions, spec } = planRun({
      ...{ model: job.model, method: job.method, options: job.options, dataFingerprint: dataset.fingerprint },
      ...{ evaluation: setting.evaluation, trajectory: setting.trajectory },
      teachers: inputs.map(({ teacher, hash }) => ({ name: teacher, hash })),
    });
    checkMemory(model, modelOptions, dataset);
    return {
      results: [{ name: job.name, place: '', teacher: model.name, spec, hash: runHash(spec) }],
      memory: memoryNeeded(model, modelOptions, dataset),
    };
  },
  isFinished: isFinishedRun,
  async perform({ model, method, options }, task, workplace, { listen, signal, teachers }) {
    const { setting, folder, overwrite, lends, dataFingerprint } = task;
    let saved: SavedModel | undefined;
    const outcome = await runJob(
      {
        ...workplace,
        ...{ model, method, options, overwrite, listen, signal, teachers: teachers() },
        ...{ evaluation: setting.evaluation, trajectory: setting.trajectory, testCurve: setting.testCurve ?? false },
        ...(folder === undefined ? {} : { folder }),
        ...(setting.data ? { source: setting.data } : {}),
      },
      (trained, { result }) => {
        if (lends) saved = savedModelOf(trained, result, dataFingerprint);
      },
    );
    return { outcomes: [outcome], reused: outcome.reused, ...(saved ? { saved } : {}) };
  },
};
