/**
 * Makes the run of a model that was computed in shards: joins the rankings, evaluates them, and writes what every run has. At most one ranking of
 * all users is in memory at a time, and of the model only the tables of a student bundle.
 */
import { countingBundle } from '../../bundle/index.js';
import { type Dataset, licenceNote, openDataset, type StoredData } from '../../data/index.js';
import type { Trajectory, TrajectoryCheckpoint } from '../../data/trajectory.js';
import { createMeasures, type Evaluation, LIST_LENGTH, type Measures } from '../../eval/index.js';
import { verifyPart } from '../../formats/index.js';
import type { Kernels } from '../../kernels/index.js';
import { type ComputedSpec, rangesOf, type ShardContext, type ShardedModel } from '../../models/index.js';
import { createProgress, runInParts, type Step, within } from '../../progress.js';
import type { Listener } from '../../train/index.js';
import { jobFiles, keeping } from '../finished.js';
import { latencyOf } from '../latency.js';
import { type JobResult, listenerOf, metricsOf } from '../outcome.js';
import { type Overwrite, openRunFolder, type RunFolder } from '../run-folder.js';
import type { RunPlan } from '../run-spec.js';
import { madeStudent, writingStudent } from '../student-bundle.js';
import { chosenCheckpoints } from '../sweeps.js';
import { tellUnusedWeights } from '../unused-weights.js';
import { usesOf as filesOf } from '../uses.js';
import { createRoom, firstOf, type ShardedRankings, wholeRankings } from './joined-rankings.js';
import { costOf, readPartTensors } from './part-files.js';
import { trainRanges, usersOf } from './ranges.js';

export interface JoinTask {
  readonly plan: RunPlan;
  readonly shards: number;
  readonly kernels: Kernels;
  readonly stored: StoredData;
  readonly folder: string;
  readonly overwrite?: Overwrite;
  /** How the data set was loaded. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly testCurve?: boolean;
  readonly listen: Listener;
  readonly signal: AbortSignal;
  /** Folders of the rankings after each sweep that is ranked, in the order of the shards. The last entry is the final model, with sweep 0 for a model without sweeps. */
  readonly ranked: readonly { readonly sweep: number; readonly folders: readonly string[] }[];
  /** Folder of a part of the stages that make the final model. */
  part(stage: string, shard: number): string;
}

/**
 * @returns whether the run was finished before
 * @throws RecdistillError `run-locked`, `run-differs`, `artifact-damaged`, `write-failed`, `interrupted`
 */
export async function joinRun(task: JoinTask): Promise<{ readonly reused: boolean }> {
  const { plan, folder, kernels, source, overwrite = false } = task;
  const files = filesOf([plan.model, plan.method], plan.spec.options, source);
  const run = openRunFolder(folder, plan.spec, { threads: kernels.threads, overwrite, ...files });
  try {
    if (run.isFinished()) return { reused: true };
    if (source) run.writeResult(jobFiles.source, source);
    await joinInto(run, task);
    return { reused: false };
  } finally {
    run.close();
  }
}

async function joinInto(run: RunFolder, task: JoinTask): Promise<void> {
  const { plan, kernels, stored, shards, ranked, signal } = task;
  const began = performance.now();
  const { nUsers, nItems, fingerprint: dataFingerprint } = stored;
  const spec = plan.model as ComputedSpec;
  const listen = listenerOf(run, task.listen);
  // What an earlier process wrote that was killed.
  run.loadLatestCheckpoint();
  const own = shownRange(stored, shards);
  tellUnusedWeights(spec, own.train, listen);
  if (plan.fromData !== undefined) listen({ type: 'note', message: plan.fromData });
  const progress = createProgress({ signal, onAdvance: (advance) => listen({ type: 'progress', ...advance }) });
  const step = progress.task(`joining ${spec.name}`);
  const storing = progress.task(`storing ${spec.name}`);
  const evaluating = progress.task(`evaluating ${spec.name}`);
  const measures = measuresOf(stored, plan);
  const { sweep: last } = ranked.at(-1)!;
  const rankings = (folders: readonly string[]): ShardedRankings => ({
    folders,
    nUsers,
    nItems,
    depth: measures.depth,
  });
  const room = createRoom();
  const taught = stored.trainUsers();
  const checkpoints: TrajectoryCheckpoint[] = [];
  for (const [at, { sweep, folders }] of ranked.entries()) {
    for (const folder of folders) await verifyPart(folder, () => step(at, ranked.length + 2));
    const metrics = await evaluateSweep(rankings(folders), sweep, sweep === last, {
      task,
      measures,
      listen,
      evaluating,
    });
    checkpoints.push({ epoch: sweep, metrics, rankings: wholeRankings(rankings(folders), 'valid', room, taught) });
  }
  const lists = firstOf(rankings(ranked.at(-1)!.folders), 'test', longest(plan));
  const tested = await runInParts(measures.parts.test(lists), evaluating);
  const hidden = await runInParts(measures.parts.hidden(lists), evaluating);
  await step(ranked.length, ranked.length + 2);
  const context: ShardContext = {
    ...{ kernels, shards, step, seed: Number(plan.modelOptions.seed ?? 0), train: trainRanges(stored) },
    part: (stage, shard) => readPartTensors(task.part(stage, shard)),
  };
  const sharded = spec.shards as ShardedModel<Readonly<Record<string, unknown>>>;
  const model = await sharded.open(last, own, own.train, context, plan.modelOptions);
  const parameters = model.size;
  const latency = await latencyOf(kernels, model, own.train, progress.task(`timing ${spec.name}`)).finally(() =>
    model.close(),
  );
  const student = studentOf(task, sharded, context, last, tested);
  const { name } = spec;
  const result: JobResult = {
    ...{ model: name, method: plan.method.name, options: plan.spec.options, bestEpoch: last, epochs: last },
    ...{ parameters, bytes: parameters * 4, latencyMicroseconds: latency },
    ...(student
      ? { bundleBytes: await runInParts(countingBundle(student.made.model, student.made.notes), storing) }
      : {}),
    seconds: secondsOf(task, sharded, last) + (performance.now() - began) / 1000,
    metrics: metricsOf(tested),
    ...(hidden ? { hidden: metricsOf(hidden) } : {}),
  };
  await step(ranked.length + 1, ranked.length + 2);
  run.confirm();
  const { selectBy } = plan.evaluation;
  const final = ranked.at(-1)!.folders;
  const trajectory: Trajectory = {
    ...{ teacher: name, dataFingerprint },
    checkpoints: chosenCheckpoints(checkpoints, (c) => c.metrics[selectBy] ?? 1, plan.trajectory),
    observed: wholeRankings({ ...rankings(final), depth: Math.min(nItems, LIST_LENGTH) }, 'observed', room),
  };
  const kept = { result, trajectory, rankings: wholeRankings(rankings(final), 'test', room) };
  await runInParts(
    (function* () {
      if (student) yield* within(writingStudent(run.path, student.made, student.dataset, run.manifest.hash), 0, 0.4);
      yield* within(keeping(run, kept), 0.4, 1);
    })(),
    storing,
  );
}

/** Seconds of all parts. */
function secondsOf<O>({ plan, shards, ranked, part }: JoinTask, sharded: ShardedModel<O>, sweep: number): number {
  const options = plan.modelOptions as O;
  const name = sharded.made(sweep, options).at(-1)!;
  const whole = sharded.stages(options).find((stage) => stage.name === name)?.whole;
  const parts = Array.from({ length: whole ? 1 : shards }, (_, shard) => part(name, shard));
  return costOf(parts) + ranked.reduce((sum, { folders }) => sum + costOf(folders), 0);
}

/** The first shard of users that has any, with their interactions. */
function shownRange(stored: StoredData, shards: number): Dataset & { readonly from: number; readonly to: number } {
  const ends = rangesOf(stored.starts('user'), shards);
  const shard = ends.findIndex((end, s) => end < (ends[s + 1] ?? end));
  const [from, to] = [ends[shard]!, ends[shard + 1]!];
  return { ...usersOf(stored, from, to), from, to };
}

/** Of all users. Without the train items of users there is no popularity in the evaluations: nothing of it is kept in a run, and `evaluate` computes it from the rankings. */
function measuresOf(stored: StoredData, { evaluation }: RunPlan): Measures {
  const { nUsers, nItems, whole, parts } = stored;
  const starts = stored.starts('item');
  const part = (name: 'valid' | 'test' | 'hidden') => stored.rows(name, 0, nUsers);
  return createMeasures(
    {
      ...{ nItems, valid: part('valid'), test: part('test') },
      trainCounts: () => Int32Array.from({ length: nItems }, (_, item) => starts[item + 1]! - starts[item]!),
      ...(whole !== undefined && parts.includes('hidden') ? { hidden: { interactions: part('hidden'), whole } } : {}),
    },
    evaluation,
  );
}

const longest = ({ evaluation }: RunPlan): number => Math.max(...evaluation.at);

/** Metrics on valid after a sweep, which are also written to the logs of the run. */
async function evaluateSweep(
  rankings: ShardedRankings,
  sweep: number,
  best: boolean,
  { task, measures, listen, evaluating }: SweepContext,
): Promise<Readonly<Record<string, number>>> {
  const began = performance.now();
  const most = longest(task.plan);
  const on = async (part: 'valid' | 'test') =>
    (await runInParts(measures.parts[part](firstOf(rankings, part, most)), evaluating)).means;
  const metrics = measures.selects ? await on('valid') : {};
  listen({ type: 'evaluation', epoch: sweep, metrics, best, seconds: (performance.now() - began) / 1000 });
  // A model without sweeps has no curve.
  if (task.testCurve && sweep > 0) listen({ type: 'test', epoch: sweep, metrics: await on('test') });
  return metrics;
}

interface SweepContext {
  readonly task: JoinTask;
  readonly measures: Measures;
  readonly listen: Listener;
  readonly evaluating: Step;
}

/** The student of a model with tables, with its data set. */
function studentOf<O>(
  { plan, stored, source }: JoinTask,
  { tables }: ShardedModel<O>,
  context: ShardContext,
  sweep: number,
  evaluation: Evaluation,
) {
  if (!tables) return undefined;
  const dataset = openDataset(stored.folder, {});
  const from = {
    model: plan.model.name,
    method: plan.method.name,
    teachers: [],
    licence: licenceNote(String(source?.data ?? '')),
  };
  const made = madeStudent(tables(sweep, context, plan.modelOptions as O), dataset, evaluation, from);
  return made && { made, dataset };
}
