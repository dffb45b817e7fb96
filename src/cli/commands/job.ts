/** Shared by `train` and `distill`: one job in a run folder, with progress, Ctrl-C and the answer. */

import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type DataOptions, holdsOut, type LoadedDataset } from '../../data/index.js';
import { defined } from '../../defined.js';
import { methodOf } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { type EvaluationOptions, evaluationFor } from '../../eval/index.js';
import { type FinalOfPlan, refuseStoreName, trainingSeconds } from '../../experiment/index.js';
import { readJsonObject } from '../../formats/index.js';
import type { Kernels } from '../../kernels/index.js';
import { modelOf, modelRegistry, trainOptionsOf } from '../../models/index.js';
import { usedModules } from '../../options/use.js';
import { formatCount, formatMetric } from '../../report/format.js';
import { costText, metricsTable, workText } from '../../report/index.js';
import {
  checkMemory,
  dataSizeOf,
  jobFiles,
  listsOf,
  memoryNeeded,
  popularValue,
  runJob,
  type StartBundle,
  splitOptions,
  teachingOnly,
} from '../../runs/index.js';
import type { Job, JobResult, Teacher } from '../../runs/outcome.js';
import { bundleFiles } from '../../student/index.js';
import { type Listener, trajectoryOptions } from '../../train/index.js';
import type { Answer, Console, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { freeName, offeringName } from '../terminal/free-name.js';
import { group, type Machine, nameGroup, withKernels } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { createProgressBar } from '../terminal/progress.js';
import { runMachineOf } from '../terminal/run-machine.js';
import { costLine } from './cost.js';
import { sizeLine } from './load-data.js';
import { isQueued, runQueued } from './queued-run.js';
import { portable } from './source.js';

export const trajectoryGroup = group('Trajectory', 'trajectory', trajectoryOptions);

export interface NamedJob {
  readonly given: Given;
  readonly defaultName: string;
  readonly dataset: LoadedDataset;
  readonly data: DataOptions;
  readonly model: string;
  readonly method: string;
  /** Given options of the model and the method. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly evaluation: EvaluationOptions;
  /** How several teachers are weighed. Default: `equal`. */
  readonly ensemble?: string;
  readonly teachers: readonly { readonly name: string; readonly folder: string; readonly teacher: Teacher }[];
  /** A bundle of earlier data to continue from. */
  readonly start?: StartBundle;
}

export interface FinishedJob {
  readonly job: Job;
  readonly name: string;
  readonly folder: string;
  readonly runs: string;
  /** Folder of the student bundle; absent if the model's scores are not inner products. */
  readonly bundle?: string;
}

/** Runs the job under its name. @throws RecdistillError as `runJob` */
export async function runNamed(o: NamedJob, console: Console): Promise<FinishedJob> {
  const { given, dataset, model, method } = o;
  const { name = o.defaultName, runs, overwrite } = readOptions(nameGroup, given);
  checkName(name);
  const trajectory = readOptions(trajectoryGroup, given);
  const folder = join(runs, name);
  const machine = runMachineOf(given, [folder]);
  const needed = tellTraining(o, trajectory.checkpoints, console);
  const { options, evaluation } = o;
  const request = {
    ...{ dataset, model, method, folder, trajectory, options, evaluation, source: portable(o.data) },
    ...{ teachers: o.teachers.map((t) => t.teacher), ...defined({ start: o.start, ensemble: o.ensemble }) },
  };
  const runHere = () =>
    withProgress({ machine, name, evaluation }, console, async (kernels, signal, listen) => {
      console.say(await costOf(o, needed, existsSync(folder) ? undefined : kernels));
      return runJob({ ...request, kernels, overwrite, signal, listen });
    });
  const runByWorker = async (): Promise<Job> => {
    const job = { kind: 'train', name, model, method, options, ...defined({ ensemble: o.ensemble }) } as const;
    const held = o.teachers.map((t) => ({ ...t, hash: t.teacher.hash }));
    console.say(await costOf(o, needed, undefined));
    const reused = await runQueued({ given, dataset, data: o.data, evaluation, trajectory, job, held }, console);
    const { arithmetic } = machine;
    return withKernels({ threads: 1, arithmetic }, async (kernels) => ({
      ...(await runJob({ ...request, kernels })),
      reused,
    }));
  };
  const run = isQueued(given) ? runByWorker : runHere;
  const job = await offeringName(name, runs, run);
  const bundle = bundleOf(model, folder);
  return { job, name, folder, runs, ...(bundle === undefined ? {} : { bundle }) };
}

/** Runs `work` with kernels, progress and Ctrl-C. */
export const withProgress = <T>(
  job: { readonly machine: Machine; readonly name: string; readonly evaluation: EvaluationOptions },
  console: Console,
  work: (kernels: Kernels, signal: AbortSignal, listen: Listener) => Promise<T>,
): Promise<T> =>
  withKernels(job.machine, (kernels) =>
    interruptible(console.say, async (signal) => {
      const progress = createProgressBar(console, job.evaluation.selectBy);
      progress.job(job.name);
      try {
        return await work(kernels, signal, progress.train);
      } finally {
        progress.close();
      }
    }),
  );

/** The name is a folder below the runs folder. @throws RecdistillError `bad-option` */
export function checkName(name: string): void {
  refuseStoreName(name);
  if (/^[\w][\w.-]*(\/[\w][\w.-]*)*$/.test(name)) return;
  const expected = 'letters, digits, "_", "-" and ".", with "/" between folders';
  fail('bad-option', { option: '--name', owner: 'runs', given: JSON.stringify(name), expected });
}

/** The line of the time and the memory of a training. Of one that goes on, it says the memory alone. */
async function costOf(
  { model, method, dataset, teachers }: NamedJob,
  { options, methodOptions, bytes }: Needed,
  kernels: Kernels | undefined,
): Promise<string> {
  if (!kernels) return costLine({ bytes });
  const epochs = Number(options.epochs ?? 1);
  const teaching = { method: teachingOnly(methodOf(method)), methodOptions, teachers: teachers.map((t) => t.teacher) };
  const taught = method === 'none' ? {} : { teaching };
  const seconds = await trainingSeconds(kernels, dataset, { model, method, options, epochs, ...taught });
  const early = method === 'none' && modelOf(model).kind === 'computed' ? {} : { note: 'less if it stops early' };
  return costLine({ seconds, bytes, ...early });
}

/** All options of the model and the method, and the bytes of the process. */
interface Needed {
  readonly options: Readonly<Record<string, unknown>>;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  readonly bytes: number;
}

/** Says what is trained. @throws RecdistillError `out-of-memory` */
function tellTraining(
  { model, method, options: given, dataset, teachers }: NamedJob,
  checkpoints: number,
  console: Console,
): Needed {
  const spec = modelOf(model);
  const { modelOptions: options, methodOptions } = splitOptions(spec, methodOf(method), given, dataSizeOf(dataset));
  const run = { spec, options, dataset, checkpoints, teacherLists: listsOf(teachers.map((t) => t.teacher)) };
  const length =
    spec.kind === 'computed' ? 'It is computed in closed form' : `At most ${trainOptionsOf(options).epochs} epochs`;
  console.say(`${sizeLine(dataset)} ${length}.`);
  checkMemory(run);
  return { options, methodOptions, bytes: memoryNeeded(run) };
}

const NOT_EVALUATED = 'Nothing was held out, so nothing was evaluated.';

/** A finished job as JSON. */
export interface JobJson {
  readonly name: string;
  readonly folder: string;
  readonly reused: boolean;
  readonly bundle?: string;
  /** Metrics on valid at the best epoch. */
  readonly valid: Readonly<Record<string, number>>;
  readonly result: JobResult;
}

/** A final fit as JSON. */
export interface FinalJson {
  readonly name: string;
  readonly folder: string;
  readonly reused: boolean;
  readonly bundle?: string;
  /** The figures are those of the evaluated run. */
  readonly result: JobResult;
}

export function jsonOf({ job, name, folder, bundle }: FinishedJob): JobJson {
  const { result, reused, teacher } = job;
  const valid = teacher.trajectory.checkpoints.at(-1)!.metrics;
  return { name, folder, reused, ...(bundle ? { bundle } : {}), valid, result };
}

/** The final fit of a plan, if it has one. */
export const finalOfPlanLines = (final: FinalOfPlan | undefined): string[] =>
  final
    ? [
        `Final fit: ${final.name}, ${final.student} (best on valid) and its teachers trained again on all interactions${final.bundle ? `; bundle: ${final.bundle}` : ''}. It is not evaluated: the figures above are those of the evaluated runs.`,
      ]
    : [];

/** What the final fit is, and that it was not evaluated. */
export const finalText = ({ name, bundle, result }: FinalJson, repeated: string): string =>
  `Final fit: ${name}, ${result.epochs > 0 ? `${formatCount(result.epochs)} epochs ` : ''}on all interactions${bundle ? `; bundle: ${bundle}` : ''}. It is not evaluated: the figures above are those of ${repeated}.`;

/** Folder of the student bundle of a run, if the model's scores are inner products. */
export const bundleOf = (model: string, folder: string): string | undefined =>
  modelOf(model).capabilities.includes('factors') ? join(folder, jobFiles.student) : undefined;

/**
 * The result as text and JSON.
 * @param next proposed commands, without the program's name
 * @param final the final fit of the run, if there is one
 * @param notes lines below the result
 */
export function answerOf(
  done: FinishedJob,
  console: Console,
  at: readonly number[],
  next: readonly string[],
  final?: FinalJson,
  notes: readonly string[] = [],
): Answer {
  const { job, name, folder, bundle } = done;
  const { result, reused } = job;
  const { means } = job.evaluation;
  const repeated = Object.keys(means).length > 0;
  const text = [
    reused ? `${name} was already finished.` : `${name} is finished (${workText(result)}).`,
    '',
    repeated ? metricsTable(means, at, job.evaluation.sample).toText() : NOT_EVALUATED,
    '',
    costText(result),
    `Run folder: ${folder}${bundle ? `; student bundle, ready to serve: ${bundle}` : ''}`,
    ...(final ? [finalText(final, name)] : []),
    ...notes,
    '',
    nextSteps(console.program, done.runs, repeated ? next : next.filter((step) => !/^(evaluate|compare) /.test(step))),
  ].join('\n');
  return { text, json: { ...jsonOf(done), ...(final ? { final } : {}) } };
}

/**
 * A command that distils from these runs, with a free name, into a student that can be evaluated on the data. None if nothing is held out, or if
 * no run can teach.
 */
export function distillSteps(
  teachers: readonly { readonly name: string; readonly model: string }[],
  runs: string,
  dataset: LoadedDataset,
): string[] {
  const able = teachers.filter(
    ({ model }) => modelRegistry.all().find((m) => m.name === model)?.cannotTeach === undefined,
  );
  if (able.length === 0 || !holdsOut(dataset)) return [];
  const { foldIn } = dataset;
  const model = foldIn && !modelOf('bpr-mf').capabilities.includes('histories') ? 'fism' : 'bpr-mf';
  const usual = `${model}-hetcomp`;
  const free = freeName(usual, runs);
  const student = model === 'bpr-mf' ? '' : ` --student ${model}`;
  const names = quoted(able.map(({ name }) => name).join(','));
  return [`distill --teachers ${names}${student} --dim 6${free === usual ? '' : ` --name ${free}`}`];
}

/** Ids that example commands name. */
export interface ExampleIds {
  /** Absent: recommendations are by items. */
  readonly user?: string;
  readonly items: readonly string[];
}

/** A user and an item that the bundle of a run of this data has. */
export const exampleIds = ({ users, items, train }: Pick<LoadedDataset, 'users' | 'items' | 'train'>): ExampleIds => ({
  user: users.ids[train.trainUsers?.[0] ?? 0]!,
  items: items.ids.slice(0, 1),
});

/**
 * The command that recommends to a user, or by items if the bundle has no users. None for a run without a bundle.
 * @param bundle its folder
 */
export function recommendSteps(name: string, bundle: string | undefined, { user, items }: ExampleIds): string[] {
  if (bundle === undefined || !existsSync(join(bundle, bundleFiles.manifest))) return [];
  const by =
    user === undefined || isItemsOnly(bundle)
      ? `--items ${quoted(items.some((id) => /[,\s[]/.test(id)) ? JSON.stringify(items) : items.join(','))}`
      : `--user ${quoted(user)}`;
  return [`recommend ${quoted(name)} ${by}`];
}

/** Whether a bundle has no users. */
export const isItemsOnly = (bundle: string): boolean =>
  readJsonObject(join(bundle, bundleFiles.manifest)).kind === 'items-only';

/** Says which models are below the list of popular items on valid. */
export function belowPopular(
  models: readonly {
    readonly name: string;
    readonly model: string;
    readonly valid: Readonly<Record<string, number>>;
  }[],
  dataset: LoadedDataset,
  asked: EvaluationOptions,
): string[] {
  const evaluation = evaluationFor(asked, dataset.train);
  const { selectBy } = evaluation;
  const others = models.filter(({ model, valid }) => model !== 'top-pop' && selectBy in valid);
  const popular = others.length === 0 ? undefined : popularValue(dataset, evaluation);
  if (popular === undefined) return [];
  return others
    .filter(({ valid }) => valid[selectBy]! < popular)
    .map(
      ({ name, model, valid }) =>
        `${name} is below the list of popular items on valid (${selectBy} ${formatMetric(valid[selectBy]!)}; popular items ${formatMetric(popular)}): its options do not suit these data. Search them with tune ${model}.`,
    );
}

/** The --use flags of the modules in use. */
export const usedFlags = (): string[] => usedModules().map((file) => `--use ${quoted(relative(process.cwd(), file))}`);

/** Proposed commands, with --runs if it is not the default. */
export function nextSteps(program: string, runs: string, commands: readonly string[]): string {
  const where = runs === 'runs' ? '' : ` --runs ${quoted(runs)}`;
  const uses = usedFlags().map((flag) => ` ${flag}`);
  const end = (command: string) => (/^(train|tune|distill) /.test(command) ? uses.join('') : '') + where;
  return ['What to do next:', ...commands.map((c) => `  ${program} ${c}${end(c)}`)].join('\n');
}

/** A word quoted for a shell. */
export const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
