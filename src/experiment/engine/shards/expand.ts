/** Replaces the training of a model in shards by its parts and the job that joins them. */
import type { Dataset } from '../../../data/index.js';
import type { Arithmetic } from '../../../kernels/index.js';
import { programParts, refuseBeyond, totalOf } from '../../../memory/index.js';
import { modelOf, type Stage } from '../../../models/index.js';
import {
  dataSizeOf,
  memoryNeeded,
  mostMemory,
  planRun,
  type RunPlan,
  shardedMemory,
  sweepsToRank,
} from '../../../runs/index.js';
import type { JobSpec, PartJob, Setting, TrainJob } from '../job.js';
import { shardedOf } from '../parts/model-shard.js';
import { shardedSizeOf } from './size.js';

/** The largest number of shards that is chosen. */
const MOST = 256;

export interface Expansion {
  readonly setting: Setting;
  readonly dataset: Dataset;
  readonly arithmetic: Arithmetic;
  /** Whether there is a store for the parts. Without one, a model is computed in shards by one job, and none are chosen. */
  readonly hasStore: boolean;
  /** Bytes that a process with one job may take. */
  readonly limit: number;
  /** Bytes of them that the process has for its data set, whatever the job. */
  readonly held: number;
  /** Called with the number of shards that was chosen, and why. */
  readonly tell: (job: string, message: string) => void;
}

/** The jobs, with those in shards replaced. @throws RecdistillError `out-of-memory` if no number of shards is enough */
export const expandShards = (jobs: readonly JobSpec[], expansion: Expansion): JobSpec[] =>
  jobs.flatMap((job) => (job.kind === 'train' && expansion.hasStore ? expandJob(job, expansion) : [job]));

function expandJob(job: TrainJob, expansion: Expansion): JobSpec[] {
  const model = modelOf(job.model);
  if (model.kind !== 'computed' || !model.shards) return [job];
  if (job.method !== 'none') return [job];
  const plan = planOf(job, expansion);
  const given = job.options.shards;
  const shards = given === undefined || given === 'auto' ? chosen(job, plan, expansion) : Number(given);
  return shards === 1 ? [job] : shardedJobs({ ...job, options: { ...job.options, shards } }, plan, shards, expansion);
}

const planOf = (job: TrainJob, { setting, dataset, arithmetic }: Expansion): RunPlan =>
  planRun({
    ...{ model: job.model, method: job.method, options: job.options, teachers: [] },
    ...{ dataFingerprint: dataset.fingerprint, size: dataSizeOf(dataset), arithmetic },
    ...{ evaluation: setting.evaluation, trajectory: setting.trajectory },
  });

/** 1 if the memory suffices, else the smallest number of shards for which it does. */
function chosen({ name }: TrainJob, plan: RunPlan, { dataset, limit, held, tell }: Expansion): number {
  const { checkpoints } = plan.trajectory;
  const needed = memoryNeeded({ spec: plan.model, options: plan.modelOptions, dataset, checkpoints });
  if (needed <= limit) return 1;
  const size = shardedSizeOf(plan, dataset);
  const program = totalOf(programParts(size.threads)) + held;
  for (let shards = 2; shards <= MOST; shards++) {
    if (program + mostMemory(shardedMemory(size, shards)) > limit) continue;
    const [megabytes, most] = [needed, limit].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
    tell(name, `${plan.model.name} needs ${megabytes}, but ${most} are available: it is computed in ${shards} shards`);
    return shards;
  }
  const memory = shardedMemory(size, MOST);
  const [largest] = Object.values(memory).sort((a, b) => totalOf(b) - totalOf(a));
  refuseBeyond(
    [...programParts(size.threads), ...(held > 0 ? [{ name: 'data', bytes: held }] : []), ...largest!],
    `${plan.model.name} on ${size.nUsers} users x ${size.nItems} items, even in ${MOST} shards,`,
    'Lower dim or neighbours, drop rare items with minItem, use fewer threads, or a machine with more memory.',
    limit,
  );
  return MOST;
}

function shardedJobs(job: TrainJob, plan: RunPlan, shards: number, { setting }: Expansion): JobSpec[] {
  const { name, model } = job;
  const { shards: _, ...modelOptions } = plan.modelOptions;
  const sharded = shardedOf(model);
  const stages = sharded.stages(modelOptions);
  const shared = { model, modelRevision: modelOf(model).revision ?? 1, shards, modelOptions };
  const namesOf = (stage: string, whole = false): string[] =>
    Array.from({ length: whole ? 1 : shards }, (_, shard) => `${name}/${stage}/${shard}`);
  const partsOf = (wanted: readonly string[]): string[] =>
    wanted.flatMap((stage) => namesOf(stage, stages.find((s) => s.name === stage)!.whole));
  const parts = (
    unit: string,
    stage: string,
    options: object,
    teachers: readonly string[],
    whole?: boolean,
  ): PartJob[] =>
    namesOf(stage, whole).map((part, shard, all) => ({
      ...{ kind: 'part', name: part, unit, options: { ...shared, ...options }, teachers, shard, of: all.length },
      ...{ temporary: true, at: job.at },
    }));
  const sweeps = Math.max(0, ...stages.map((stage) => stage.sweep ?? 0));
  const wanted = sweeps === 0 ? [0] : [...sweepsToRank(sweeps, plan.trajectory), sweeps];
  const rankJobs = (sweep: number): PartJob[] => {
    const last = sweep === sweeps;
    const rankings = ['valid', ...(last || setting.testCurve ? ['test'] : []), ...(last ? ['observed'] : [])];
    const options = { sweep, rankings, evaluation: plan.evaluation };
    return parts('rank-shard', rankedName(sweep), options, partsOf(sharded.made(sweep, modelOptions)));
  };
  const made = sharded.made(sweeps, modelOptions);
  const ranked = wanted.map((sweep) => ({ sweep, parts: namesOf(rankedName(sweep)) }));
  return [
    ...stages.flatMap((stage: Stage) => [
      ...parts('model-shard', stage.name, { stage: stage.name }, partsOf(stage.needs), stage.whole),
      ...(stage.sweep !== undefined && wanted.includes(stage.sweep) ? rankJobs(stage.sweep) : []),
    ]),
    ...(sweeps === 0 ? rankJobs(0) : []),
    {
      ...{ kind: 'join', name, model, method: 'none', options: job.options, shards, ranked, at: job.at },
      teachers: [...partsOf(made), ...ranked.flatMap((r) => r.parts)],
      made: Object.fromEntries(made.map((stage) => [stage, partsOf([stage])])),
    },
  ];
}

const rankedName = (sweep: number): string => `ranked-${sweep}`;
