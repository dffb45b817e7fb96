/** `--final`: after a run is evaluated, it is trained again on all interactions. Shared by `train` and `distill`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { holdsOut, type LoadedDataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import type { EvaluationOptions } from '../../eval/index.js';
import { folderByHash } from '../../experiment/index.js';
import { flag, options } from '../../options/options.js';
import { FINAL, finalOfRun, jobFiles, type StartBundle } from '../../runs/index.js';
import { bundleFiles } from '../../student/index.js';
import type { Console, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, nameGroup } from '../terminal/groups.js';
import { runMachineOf } from '../terminal/run-machine.js';
import { type FinalJson, withProgress } from './job.js';
import type { RunPlace } from './runs.js';

export const finalGroup = group(
  'Final fit',
  'final',
  options({
    final: flag({
      default: false,
      help: 'After the evaluation, train again on all interactions, with the same options and the number of epochs that was chosen; teachers, too. The result is the run NAME/final, whose bundle knows everything that a user has. It is not evaluated: its figures are those of NAME.',
    }),
  }),
);

export interface FinalTask {
  readonly given: Given;
  /** The evaluated run. */
  readonly name: string;
  readonly folder: string;
  readonly dataset: LoadedDataset;
  readonly evaluation: EvaluationOptions;
  readonly teachers?: readonly RunPlace[];
  readonly start?: StartBundle;
}

/** Refuses --final before any work, if nothing is held out. @throws RecdistillError `usage` */
export function checkFinalAsked(given: Given, dataset: LoadedDataset): void {
  if (!readOptions(finalGroup, given).final || holdsOut(dataset)) return;
  fail('usage', {
    problem: `--final trains again on all interactions, but ${dataset.name} holds out nothing (ratios 1, 0, 0)`,
    hint: 'Leave out --final, or hold out valid and test, such as --ratios 0.6,0.2,0.2.',
  });
}

/** The final fit of an evaluated run, if --final asks for it. @throws RecdistillError as `finalOfRun` */
export async function finalAsked(task: FinalTask, console: Console): Promise<FinalJson | undefined> {
  const { given, dataset, evaluation, teachers = [], start } = task;
  if (!readOptions(finalGroup, given).final) return undefined;
  const { runs, overwrite } = readOptions(nameGroup, given);
  const name = `${task.name}/${FINAL}`;
  const machine = runMachineOf(given, [join(task.folder, FINAL)]);
  console.say(`Final fit of ${task.name} on all interactions. Nothing is evaluated by it.`);
  const folderOf = folderByHash(
    runs,
    teachers.map((t) => t.folder),
  );
  const { job, folder } = await withProgress({ machine, name, evaluation }, console, (kernels, signal, listen) =>
    finalOfRun(task.folder, { dataset, kernels, folderOf, start, overwrite, signal, listen: () => listen }),
  );
  const bundle = join(folder, jobFiles.student);
  return {
    ...{ name, folder, reused: job.reused },
    ...(existsSync(join(bundle, bundleFiles.tensors)) ? { bundle } : {}),
    result: job.result,
  };
}
