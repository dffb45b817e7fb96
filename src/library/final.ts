/** Final fits of runs of the library: in memory, or in the folder `final` of a run's folder. */
import { join } from 'node:path';
import { finalDataset } from '../data/index.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { FINAL, finalFit, readRunManifest, readSavedModel, type StartBundle } from '../runs/index.js';
import type { CallOptions } from './call.js';
import { sourceOf } from './data.js';
import { withKernels } from './kernels.js';
import { copyOf, createRun, type Run, teacherOf } from './run.js';

/** What a run of this process was made from. */
export interface Lineage {
  readonly teachers: readonly Run[];
  readonly start?: StartBundle | undefined;
}

const lineages = new WeakMap<Run, Lineage>();
const finals = new WeakMap<Run, Promise<Run>>();

/** Remembers what a run was made from, for its final fit. */
export const remember = (run: Run, lineage: Lineage): void => void lineages.set(run, lineage);

/**
 * The final fit of a run, after those of its teachers. Each is made once.
 * @throws RecdistillError `needs-not-met` for a run that has none, or whose teachers are not known; otherwise as `train`
 */
export function finalOf(
  run: Run,
  call: Pick<CallOptions, 'kernels' | 'listen' | 'signal' | 'overwrite'>,
): Promise<Run> {
  if (run.final) return Promise.resolve(run.final);
  const begun = finals.get(run) ?? make(run, call);
  finals.set(run, begun);
  // A final fit that was interrupted can be asked for again.
  begun.catch(() => finals.delete(run));
  return begun;
}

async function make(run: Run, call: Parameters<typeof finalOf>[1]): Promise<Run> {
  const { teachers, start } = lineageOf(run);
  const made: Run[] = [];
  for (const teacher of teachers) made.push(await finalOf(teacher, call));
  const folder = run.folder === undefined ? undefined : join(run.folder, FINAL);
  const revisions = run.folder === undefined ? undefined : readRunManifest(run.folder).revisions;
  const { model, method, bestEpoch, epochs, cost, metrics, hiddenMetrics: hidden, evaluation, trajectory, data } = run;
  const result = { model, method, options: run.options, bestEpoch, epochs, ...cost, metrics, ...defined({ hidden }) };
  const checkpoints = trajectory.checkpoints.map(({ epoch }) => epoch);
  let kept: Readonly<Record<string, ArrayLike<number>>> = {};
  const job = await withKernels(call.kernels, (kernels) =>
    finalFit(
      {
        ...{ dataset: data, kernels, teachers: made.map(teacherOf) },
        repeated: { hash: run.hash, dataFingerprint: data.fingerprint, result, evaluation, checkpoints },
        ...defined({ folder, revisions, start, source: sourceOf(data) }),
        ...defined({ listen: call.listen, signal: call.signal, overwrite: call.overwrite }),
      },
      (trained) => {
        if (folder === undefined) kept = copyOf(trained);
      },
    ),
  );
  return createRun({
    ...{ name: `${run.name} (final fit)`, data: { ...finalDataset(data), ...defined({ source: data.source }) } },
    ...{ outcome: job, hash: job.teacher.hash, teachers: run.teachers },
    ...(folder === undefined ? {} : { folder }),
    parameters: () => (folder === undefined ? kept : readSavedModel(folder).parameters),
  });
}

function lineageOf(run: Run): Lineage {
  const known = lineages.get(run);
  if (known) return known;
  if (run.model !== 'external' && run.teachers.length === 0) return { teachers: [] };
  const problem =
    run.model === 'external'
      ? `${run.name} holds imported rankings, which cannot be trained again on all interactions`
      : `${run.name} was not distilled by this program, so the runs of its teachers are not at hand`;
  return fail('needs-not-met', {
    problem,
    hint: 'Call distill again with its teachers, the same folder and final: true, or use the command line.',
  });
}
