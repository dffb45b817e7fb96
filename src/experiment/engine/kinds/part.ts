/** A part of a computation that is cut up: the result of one shard, in the folder STORE/parts/HASH. */
import { dirname } from 'node:path';
import type { Dataset } from '../../../data/index.js';
import { fail } from '../../../errors.js';
import { isWholePart, writePart } from '../../../formats/index.js';
import type { Arithmetic, Kernels } from '../../../kernels/index.js';
import { programParts, refuseBeyond, totalOf, worksElsewhere } from '../../../memory/index.js';
import { parseOptions } from '../../../options/options.js';
import { createProgress } from '../../../progress.js';
import { type RunSpec, recordedArithmetic, revisionsOf, runHash } from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { PartJob, Values } from '../job.js';
import { type AnyPartUnit, partUnitOf } from '../parts/index.js';
import { storedDataFolder } from '../store-folders.js';
import type { JobPlan, PlanContext } from './_kind.js';

/** The process that computes a part. Only units that need it have the data set. */
export interface PartContext {
  readonly kernels: Kernels;
  readonly dataset?: Dataset;
}

/** Whether a process has to load the data set for this part. */
export const readsDataset = ({ unit }: PartJob): boolean => partUnitOf(unit).needs === 'dataset';

/** Whether a part reads ranges of the data set in the store. */
export const partReadsStored = ({ unit }: PartJob): boolean => partUnitOf(unit).needs === 'stored';

/** @throws RecdistillError `unknown-name`, `unknown-option`, `bad-option`, `out-of-memory`, and those of the unit */
export function planPart(
  job: PartJob,
  { setting, dataset, inputs, arithmetic }: Omit<PlanContext, 'evaluator'>,
  unit: AnyPartUnit = partUnitOf(job.unit),
): JobPlan {
  const { name, shard, of } = job;
  if (!(Number.isSafeInteger(of) && of >= 1 && Number.isSafeInteger(shard) && shard >= 0 && shard < of))
    fail('bad-option', { owner: name, option: 'shard', given: `${shard} of ${of}`, expected: 'a shard from 0 on' });
  const options = parseOptions(unit.options, job.options, unit.name);
  const spec = specOf(unit, job, options, {
    arithmetic,
    data: dataset.fingerprint,
    hashes: inputs.map(({ hash }) => hash),
  });
  const own = unit.plan?.(options as never, { shard, of, setting, dataset, inputs });
  const parts = own && [...programParts(1), ...own];
  if (parts && !worksElsewhere())
    refuseBeyond(parts, `${name}, one of ${of} parts,`, 'Use more --shards, or a machine with more memory.');
  return {
    results: [{ name, place: '', teacher: '', spec, hash: runHash(spec) }],
    ...(parts ? { memory: totalOf(parts), parts } : {}),
  };
}

/** Everything that determines the content of a part. Names of jobs and folders do not. */
function specOf(
  unit: AnyPartUnit,
  { shard, of }: PartJob,
  options: object,
  given: { readonly arithmetic: Arithmetic; readonly data: string; readonly hashes: readonly string[] },
): RunSpec {
  const revision = unit.revision ?? 1;
  return {
    kind: 'part',
    options: JSON.parse(JSON.stringify({ unit: unit.name, options, shard, of })) as Values,
    dataFingerprint: unit.needs === 'nothing' ? '' : given.data,
    inputs: Object.fromEntries(given.hashes.map((hash, at) => [`input ${at + 1}`, hash])),
    revisions: { ...revisionsOf([]), ...(revision > 1 ? { [`unit ${unit.name}`]: revision } : {}) },
    ...recordedArithmetic(given.arithmetic),
  };
}

/** Computes a part, unless it is there. @throws RecdistillError `interrupted`, `write-failed`, and those of the unit */
export async function performPart(
  job: PartJob,
  task: Pick<Task, 'folder' | 'inputs' | 'setting' | 'dataFingerprint' | 'hash'>,
  { kernels, dataset }: PartContext,
  { signal, listen }: Pick<Control, 'signal' | 'listen'>,
  unit: AnyPartUnit = partUnitOf(job.unit),
): Promise<Done> {
  const { folder, setting, dataFingerprint, hash } = task;
  if (folder === undefined || hash === undefined) throw new Error('a part needs a store');
  const { shard, of } = job;
  const options = parseOptions(unit.options, job.options, unit.name);
  const progress = createProgress({ signal, onAdvance: (advance) => listen({ type: 'progress', ...advance }) });
  const inputs = task.inputs.map((input) => {
    if (input.folder === undefined) throw new Error(`${input.name} is not in the store`);
    return input.folder;
  });
  const needed = (): never => {
    throw new Error(`the unit ${unit.name} does not declare that it needs the data set`);
  };
  if (isWholePart(folder, hash)) return { reused: true };
  const step = progress.task(`writing ${job.name}`);
  await writePart(
    folder,
    { hash, spec: { unit: unit.name, options, shard, of } },
    (temporary) =>
      unit.perform(options as never, {
        ...{ shard, of, kernels, setting, inputs, progress, signal, folder: temporary },
        dataset: () => dataset ?? needed(),
        storedData: () =>
          unit.needs === 'stored' ? storedDataFolder(dirname(dirname(folder)), dataFingerprint) : needed(),
      }),
    () => step(1, 1),
  );
  return { reused: false };
}
