import { ensembleOption, isCoTrained, methodOf, methodRegistry } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { evaluationFor } from '../../eval/index.js';
import { modelOf, modelRegistry } from '../../models/index.js';
import { optionalText, options, text, words } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import {
  checkEnsemble,
  checkStudent,
  isFinishedRun,
  readingTeacher,
  readStart,
  type Teacher,
} from '../../runs/index.js';
import type { CommandBody, Given } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import {
  asRecorded,
  dataGroup,
  evaluationGroup,
  group,
  machineGroup,
  methodGroup,
  modelGroup,
  nameGroup,
  runsGroup,
} from '../terminal/groups.js';
import { type CoTrainCommand, coTrainNamed, startRun } from './co-train.js';
import { checkFinalAsked, finalAsked, finalGroup } from './final.js';
import { answerOf, exampleIds, quoted, recommendSteps, runNamed, trajectoryGroup } from './job.js';
import { queuedGroup } from './jobs.js';
import { isQueued } from './queued-run.js';
import { bundleFolderOf } from './recommendations.js';
import {
  loadDataOf,
  placeOf,
  type RunPlace,
  readEvaluation,
  readRun,
  readRuns,
  runsGiven,
  teacherProfiles,
} from './runs.js';

const chosen = group(
  'Distillation',
  'distill',
  options({
    teachers: words({ default: [], help: 'Finished runs to distil from, by name or folder, such as bpr-mf,lightgcn.' }),
    student: text({ default: 'bpr-mf', help: 'Model of the student.' }),
    method: text({ default: 'hetcomp', help: 'Distillation method.' }),
    ensemble: ensembleOption,
    start: optionalText({
      help: 'For co-trained methods such as bd: finished run that the student starts from. Default: the student is first trained alone, as NAME/start.',
    }),
    continue: optionalText({
      help: 'Run or bundle of a student of earlier data to continue from. Its embeddings are kept; new users and items are folded in.',
    }),
  }),
);

const trained = modelRegistry.all().filter((m) => m.kind === 'trained');
const students = trained.map((m) => m.name);

/** A loss on scores can train only some models. */
function studentsText(): string {
  const [able, others] = [true, false].map((can) =>
    trained.filter((m) => m.capabilities.includes('scores') === can).map((m) => m.name),
  );
  return `Students: ${able!.join(', ')}.${others!.length > 0 ? ` Only with the method none: ${others!.join(', ')}.` : ''}`;
}

const shared = [
  asRecorded(dataGroup),
  asRecorded(evaluationGroup),
  trajectoryGroup,
  finalGroup,
  queuedGroup,
  nameGroup,
  machineGroup,
] as const;

const choiceOf = ({ flags: { student = 'bpr-mf', method = 'hetcomp' } }: Given) => ({
  student: String(student),
  method: String(method),
});

/** The run to continue from, if it is a run and not only a bundle. */
function runBefore(before: string | undefined, runs: string): RunPlace[] {
  const place = before === undefined ? undefined : placeOf(before, runs);
  return place && isFinishedRun(place.folder) ? [place] : [];
}

/** @throws RecdistillError `usage` */
function refuseContinue(before: string | undefined, method: string): void {
  if (before === undefined) return;
  fail('usage', {
    problem: `${method} cannot continue from a student of earlier data`,
    hint: 'Name a finished run of the same data with --start, or choose another method.',
  });
}

/** @throws RecdistillError `usage` */
function refuseFinalPair(given: Given, method: string): void {
  if (!readOptions(finalGroup, given).final) return;
  fail('usage', {
    problem: `${method} trains a teacher and a student together and has no final fit`,
    hint: 'Leave out --final, or choose another method, such as softmax or hetcomp.',
  });
}

export const distill: CommandBody = {
  about: [
    'Methods:',
    ...methodRegistry.all().map((d) => `  ${d.name.padEnd(10)} ${d.summary}`),
    studentsText(),
    'Data options, --at and --select-by default to those of the first teacher, or else to those of the run of --continue.',
    'Teachers and student must have the same users, items and split.',
    'The folder `student` of the run is a bundle. It recommends without the training data.',
    'The method bd trains a teacher and a student together, as the runs NAME/teacher and NAME/student. The student is first trained alone, as NAME/start, unless --start names a finished run. Options that both the student and bd have, such as --epochs, apply to both trainings.',
  ].join('\n'),
  args: [],
  groups: [chosen, ...students.map(modelGroup), ...methodRegistry.all().map((m) => methodGroup(m.name)), ...shared],
  groupsFor(given) {
    const { student, method } = choiceOf(given);
    return [chosen, methodGroup(method), modelGroup(student), ...shared];
  },
  examples: [
    ['distill --teachers bpr-mf,lightgcn,mult-vae --dim 6', 'distil three teachers into a small student'],
    ['distill --teachers bpr-mf,lightgcn --dim 6 --name small --seed 1', 'with a name and a seed'],
    [
      'distill --teachers ials,ease,rp3beta --ensemble greedy --dim 6',
      'with weights of the teachers that are chosen on valid',
    ],
    ['distill --method bd --teachers bpr-mf --dim 5 --name pair', 'train teacher and student together'],
    [
      'distill --method bd --teachers bpr-mf --start small --direction to-student',
      'start from a finished student; only the student learns from the other',
    ],
    ['distill --method none --teachers bpr-mf --dim 6', 'the same student without distillation, for comparison'],
    [
      'distill --continue small --data now.csv --split hash --teachers bpr-mf --epochs 10 --name small-now',
      'continue from an earlier student with new data; all were trained with --split hash',
    ],
    ['distill --teachers bpr-mf,lightgcn --dim 6 --final', 'then teachers and student again on all interactions'],
    [
      'distill --continue small --data now.csv --split hash --method none --name small-now',
      'the same without distillation',
    ],
  ],
  async run(given, console) {
    const { teachers: names, continue: before, start: from, ensemble } = readOptions(chosen, given);
    const { student: model, method } = choiceOf(given);
    const spec = methodOf(method);
    checkEnsemble(ensemble, spec);
    const alone = spec.needs.teachers === 'none';
    if (names.length === 0 && !(alone && given.flags.data !== undefined)) {
      fail('usage', {
        problem: 'distill needs --teachers: the finished runs to distil from',
        hint: 'Train teachers first, then for example: distill --teachers bpr-mf,lightgcn. With --method none, --data is enough.',
      });
    }
    const owned = [modelGroup(model), methodGroup(method)];
    for (const part of owned) readOptions(part, given);
    const { runs } = readOptions(runsGroup, given);
    const places = runsGiven(given, names);
    if (isCoTrained(spec)) {
      refuseFinalPair(given, method);
      refuseContinue(before, method);
      const started = from === undefined ? model : (await readRun(startRun(from, given))).result.model;
      checkStudent(modelOf(started), spec, await teacherProfiles(places));
      const like = await readRun(places[0]!);
      const evaluation = readEvaluation(like, given);
      const groups: CoTrainCommand['groups'] = { student: modelGroup(model), method: methodGroup(method), shared };
      const task = { given, method: spec, groups, teacher: places[0]!, student: model, start: from, evaluation };
      return coTrainNamed({ ...task, ...(await loadDataOf(like, given, console.say)) }, console);
    }
    if (from !== undefined) {
      fail('usage', {
        problem: `${method} has no --start; only co-trained methods have it`,
        hint: 'Use --continue to continue from a student of earlier data, or --method bd.',
      });
    }
    if (before !== undefined && isQueued(given))
      fail('usage', {
        problem: 'a worker cannot continue from a student of earlier data',
        hint: 'Leave out --queue: with --continue the command trains the student itself.',
      });
    const start = before === undefined ? undefined : await readStart(bundleFolderOf(before, runs));
    const [like] = (await readRuns([...places, ...runBefore(before, runs)])).map(({ run }) => run);
    const asked = readEvaluation(like, given);
    const { data, dataset } = await loadDataOf(like, given, console.say);
    checkFinalAsked(given, dataset);
    const evaluation = evaluationFor(asked, dataset.train);
    const teachers: (RunPlace & { readonly teacher: Teacher })[] = [];
    for (const place of places) {
      const step = createProgress().task(`reading ${place.name}`);
      teachers.push({ ...place, teacher: await runInParts(readingTeacher(place.folder), step) });
    }
    const done = await runNamed(
      {
        ...{ given, dataset, data, model, method, ensemble, evaluation },
        // The earlier student may have the usual name.
        defaultName: `${model}-${method}${start ? '-continued' : ''}`,
        options: Object.assign({}, ...owned.map((part) => givenOf(part.schema, given))),
        // Without distillation, teachers only name the data.
        teachers: alone ? [] : teachers,
        ...(start ? { start } : {}),
      },
      console,
    );
    const repeated = { name: done.name, folder: done.folder, ...(start ? { start } : {}) };
    const final = await finalAsked({ given, dataset, evaluation, teachers: places, ...repeated }, console);
    const served = final?.bundle ? final.name : done.name;
    const next = [
      ...(places.length > 0 ? [`compare ${[done.name, ...places.map((p) => p.name)].map(quoted).join(' ')}`] : []),
      ...recommendSteps(served, done.bundle, exampleIds(dataset)),
      ...(done.bundle ? [`serve ${quoted(served)}`] : [`evaluate ${quoted(done.name)} --metrics`]),
    ];
    return answerOf(done, console, evaluation.at, next, final);
  },
};
