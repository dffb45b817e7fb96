/** Makes the run of a model that was computed in shards, from its parts. The process does not load the data set. */
import { dirname } from 'node:path';
import { openStored, storedDataFolder } from '../../../data/index.js';
import { defined } from '../../../defined.js';
import type { Arithmetic, Kernels } from '../../../kernels/index.js';
import { programParts, totalOf } from '../../../memory/index.js';
import type { DataSize } from '../../../options/from-data.js';
import {
  checkHeldOut,
  dataSizeOf,
  isFinishedRun,
  joinRun,
  planRun,
  type RunPlan,
  runHash,
  shardedMemory,
} from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { JoinJob, Setting } from '../job.js';
import { shardedSizeOf } from '../shards/size.js';
import type { JobPlan, PlanContext } from './_kind.js';

/** @throws RecdistillError as `planRun`, and `needs-not-met` */
export function planJoin(job: JoinJob, { setting, dataset, arithmetic }: Omit<PlanContext, 'evaluator'>): JobPlan {
  const plan = runPlanOf(job, { setting, arithmetic, size: dataSizeOf(dataset), fingerprint: dataset.fingerprint });
  checkHeldOut(plan.model, dataset);
  const parts = [...programParts(1), ...shardedMemory(shardedSizeOf(plan, dataset), job.shards).join];
  const { spec, model } = plan;
  return {
    results: [{ name: job.name, place: '', teacher: model.name, spec, hash: runHash(spec) }],
    ...{ memory: totalOf(parts), parts },
  };
}

export const isJoined = isFinishedRun;

const runPlanOf = (
  { model, options }: JoinJob,
  given: {
    readonly setting: Setting;
    readonly arithmetic: Arithmetic;
    readonly size: DataSize;
    readonly fingerprint: string;
  },
): RunPlan =>
  planRun({
    ...{ model, method: 'none', options, teachers: [], dataFingerprint: given.fingerprint },
    ...{ size: given.size, arithmetic: given.arithmetic },
    ...{ evaluation: given.setting.evaluation, trajectory: given.setting.trajectory },
  });

/** @throws RecdistillError as `joinRun` */
export async function performJoin(
  job: JoinJob,
  task: Task,
  { kernels }: { readonly kernels: Kernels },
  { listen, signal }: Pick<Control, 'listen' | 'signal'>,
): Promise<Done> {
  const { setting, dataFingerprint, inputs, folder, overwrite } = task;
  const folders = new Map(inputs.map((input) => [input.name, input.folder]));
  const folderOf = (name: string): string => {
    const found = folders.get(name);
    if (found === undefined) throw new Error(`${name} is not in the store`);
    return found;
  };
  if (folder === undefined) throw new Error('a model in shards needs a store');
  // STORE/parts/HASH
  const store = dirname(dirname(folderOf(job.ranked.at(-1)!.parts[0]!)));
  const stored = openStored(storedDataFolder(store, dataFingerprint));
  const size = {
    nUsers: stored.trainUsers()?.length ?? stored.nUsers,
    nItems: stored.nItems,
    interactions: stored.count('train'),
  };
  return joinRun({
    plan: runPlanOf(job, { setting, arithmetic: kernels.arithmetic, size, fingerprint: dataFingerprint }),
    ...{ shards: job.shards, kernels, stored, folder, overwrite, listen, signal },
    ...defined({ source: setting.data, testCurve: setting.testCurve }),
    ranked: job.ranked.map(({ sweep, parts }) => ({ sweep, folders: parts.map(folderOf) })),
    part: (stage, shard) => folderOf(job.made[stage]![shard]!),
  });
}
