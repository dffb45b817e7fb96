/** `distill` with a co-trained method. The student is first trained alone, or is a finished run. Then it is trained together with its teacher. */
import { join } from 'node:path';
import type { DataOptions, LoadedDataset } from '../../data/index.js';
import { type CoTrainedMethod, type LearnerRole, learnerRoles, type Pair } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { type EvaluationOptions, evaluationFor } from '../../eval/index.js';
import { pairTable, pairWorkText } from '../../report/index.js';
import { coTrain, planCoTraining, readSavedModel, untrainedModel } from '../../runs/index.js';
import type { Job } from '../../runs/outcome.js';
import type { Answer, Console, Given, OptionGroup } from '../terminal/_command.js';
import { flagOf, givenOf, readOptions, rowsOf } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { nameGroup, withKernels } from '../terminal/groups.js';
import { runMachineOf } from '../terminal/run-machine.js';
import {
  bundleOf,
  checkName,
  type ExampleIds,
  exampleIds,
  nextSteps,
  quoted,
  recommendSteps,
  runNamed,
  trajectoryGroup,
  withProgress,
} from './job.js';
import { isQueued, runQueued } from './queued-run.js';
import { findRuns, type RunPlace, readRun } from './runs.js';
import { portable } from './source.js';

export interface CoTrainCommand {
  readonly given: Given;
  readonly method: CoTrainedMethod;
  /** Options of the method and of the student's model, as groups of flags. */
  readonly groups: {
    readonly method: OptionGroup;
    readonly student: OptionGroup;
    readonly shared: readonly OptionGroup[];
  };
  readonly teacher: RunPlace;
  /** Model of the student. */
  readonly student: string;
  /** Finished run that the student starts from. */
  readonly start: string | undefined;
  readonly dataset: LoadedDataset;
  readonly data: DataOptions;
  readonly evaluation: EvaluationOptions;
}

/** The run that a teacher or a student starts from. */
interface Before {
  readonly place: RunPlace;
  readonly metrics: Readonly<Record<string, number>>;
  readonly parameters: number | undefined;
}

/** @throws RecdistillError `usage`, and as `runJob` and `coTrain` */
export async function coTrainNamed(o: CoTrainCommand, console: Console): Promise<Answer> {
  const { given, method, dataset, evaluation } = o;
  if (o.start !== undefined) refuseStudentOptions(o);
  const fromRun = o.start === undefined ? undefined : startRun(o.start, given);
  const model = fromRun ? (await readRun(fromRun)).result.model : o.student;
  const { name = `${model}-${method.name}`, runs, overwrite } = readOptions(nameGroup, given);
  checkName(name);
  const folder = join(runs, name);
  const options = givenOf(method.options, given);
  if (!fromRun) {
    // Errors of the co-training are reported before the student is trained.
    const student = untrainedModel(model, givenOf(o.groups.student.schema, given), dataset.fingerprint);
    planCoTraining(method, { teacher: readSavedModel(o.teacher.folder), student }, options, dataset);
  }
  const start = fromRun ?? (await trainStart(o, `${name}/start`, console));
  const before = { teacher: await beforeOf(o.teacher), student: await beforeOf(start) };
  const machine = runMachineOf(given, [folder]);
  const [teacher, student] = [readSavedModel(o.teacher.folder), readSavedModel(start.folder)];
  const trajectory = readOptions(trajectoryGroup, given);
  const request = {
    ...{ dataset, method, options, evaluation, folder, trajectory, teacher, student },
    source: portable(o.data),
  };
  const workHere = () =>
    withProgress({ machine, name, evaluation }, console, (kernels, signal, listen) =>
      // One bar shows the progress of the student.
      coTrain({
        ...{ ...request, kernels, overwrite, signal },
        listen: (role, event) => role === 'student' && listen(event),
      }),
    );
  const workByWorker = async (): Promise<Pair<Job>> => {
    const job = { kind: 'co-train', name, method: method.name, model, start: start.name, options } as const;
    const held = [
      { ...o.teacher, hash: teacher.hash, saved: teacher },
      { ...start, hash: student.hash, saved: student },
    ];
    const reused = await runQueued({ given, dataset, data: o.data, evaluation, trajectory, job, held }, console);
    const { arithmetic } = machine;
    const pair = await withKernels({ threads: 1, arithmetic }, (kernels) => coTrain({ ...request, kernels }));
    return { teacher: { ...pair.teacher, reused }, student: { ...pair.student, reused } };
  };
  const pair = await offeringName(name, runs, isQueued(given) ? workByWorker : workHere);
  const { at } = evaluationFor(evaluation, dataset.train);
  return answerOf(pair, before, { name, runs, folder, at, ids: exampleIds(dataset) }, console);
}

/** Options of the student's model contradict --start. @throws RecdistillError `usage` */
function refuseStudentOptions({ given, groups, start }: CoTrainCommand): void {
  const allowed = new Set(rowsOf([groups.method, ...groups.shared]).map((row) => row.name));
  const own = ['student', ...rowsOf([groups.student]).map((row) => row.name)];
  const refused = own.find((option) => option in given.flags && !allowed.has(option));
  if (refused === undefined) return;
  fail('usage', {
    problem: `with --start ${start} the student is the model of that run; ${flagOf(refused)} cannot change it`,
    hint: `Omit ${flagOf(refused)}, or omit --start to train a new student first.`,
  });
}

/** @throws RecdistillError `unknown-name`, `usage` if the name matches several runs */
export function startRun(start: string, given: Given): RunPlace {
  const [place, ...more] = findRuns(start, readOptions(nameGroup, given).runs);
  if (more.length > 0)
    fail('usage', {
      problem: `--start ${start} matches ${more.length + 1} runs`,
      hint: `Name one of them, such as ${place!.name}.`,
    });
  return place!;
}

/** Trains the student alone, as a run of its own. */
export async function trainStart(
  { given, groups, student: model, dataset, data, evaluation }: Omit<CoTrainCommand, 'method' | 'teacher' | 'start'>,
  name: string,
  console: Console,
): Promise<RunPlace> {
  const options = givenOf(groups.student.schema, given);
  const flags = { ...given.flags, name };
  const job = { given: { ...given, flags }, dataset, data, model, method: 'none', evaluation, options, teachers: [] };
  const { folder } = await runNamed({ ...job, defaultName: name }, console);
  return { name, folder };
}

async function beforeOf(place: RunPlace): Promise<Before> {
  const { metrics, parameters } = (await readRun(place)).result;
  return { place, metrics, parameters };
}

interface Named {
  readonly name: string;
  readonly runs: string;
  readonly folder: string;
  readonly at: readonly number[];
  readonly ids: ExampleIds;
}

function answerOf(pair: Pair<Job>, before: Pair<Before>, named: Named, console: Console): Answer {
  const { name, runs, folder, at } = named;
  const { reused, result } = pair.student;
  const [teacher, student] = learnerRoles.map((role) => `${name}/${role}`);
  const names = [student!, teacher!, before.student.place.name, before.teacher.place.name];
  const bundle = bundleOf(result.model, join(folder, 'student'));
  const commands = [
    `report ${quoted(name)}`,
    `compare ${names.map(quoted).join(' ')}`,
    ...recommendSteps(student!, bundle, named.ids),
  ];
  const rows = learnerRoles.map((role) => ({ ...before[role], role, name: before[role].place.name }));
  const text = [
    reused ? `${name} was already finished.` : `${name} is finished (${pairWorkText(pair)}).`,
    '',
    pairTable(pair, rows, name, at).toText(),
    '',
    `Run folders: ${learnerRoles.map((role) => join(folder, role)).join(', ')}${bundle === undefined ? '' : `; student bundle, ready to serve: ${bundle}`}`,
    '',
    nextSteps(console.program, runs, commands),
  ].join('\n');
  const json = (role: LearnerRole) => {
    const { place, metrics } = before[role];
    const { result: after, reused: had } = pair[role];
    return { folder: join(folder, role), reused: had, before: { name: place.name, metrics }, result: after };
  };
  return { text, json: { name, folder, reused, teacher: json('teacher'), student: json('student') } };
}
