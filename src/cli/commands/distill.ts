import { readBundle } from '../../bundle/index.js';
import { isCoTrained, methodOf, methodRegistry } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { modelOf, modelRegistry } from '../../models/index.js';
import { optionalText, options, text, words } from '../../options/options.js';
import { checkStudent, isFinishedRun, readTeacher } from '../../runs/index.js';
import type { Command, Given } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import {
  dataGroup,
  evaluationGroup,
  group,
  machineGroup,
  modelGroup,
  nameGroup,
  runsGroup,
} from '../terminal/groups.js';
import { type CoTrainCommand, coTrainNamed, startRun } from './co-train.js';
import { answerOf, quoted, runNamed, trajectoryGroup } from './job.js';
import { bundleFolderOf } from './recommendations.js';
import { findRuns, loadDataOf, placeOf, type RunPlace, readEvaluation, readRun, teacherProfile } from './runs.js';

const chosen = group(
  'What to distil',
  'distill',
  options({
    teachers: words({ default: [], help: 'Finished runs to learn from, by name or folder, such as bpr-mf,lightgcn.' }),
    student: text({ default: 'bpr-mf', help: 'Model of the student.' }),
    method: text({ default: 'hetcomp', help: 'Method of distillation.' }),
    start: optionalText({
      help: 'With a method that trains teacher and student together: finished run that the student starts from. Default: it is trained first, as NAME/start.',
    }),
    continue: optionalText({
      help: 'Run or bundle of a student of earlier data to go on from: what it knows is kept, new users and items are folded in.',
    }),
  }),
);

const methodGroup = (name: string) => group(`Options of ${name}`, name, methodOf(name).options);

const students = modelRegistry
  .all()
  .filter((m) => m.kind === 'trained')
  .map((m) => m.name);
const shared = [dataGroup, evaluationGroup, trajectoryGroup, nameGroup, machineGroup] as const;

const choiceOf = ({ flags: { student = 'bpr-mf', method = 'hetcomp' } }: Given) => ({
  student: String(student),
  method: String(method),
});

/** The run that is continued, if it is one and not a bundle alone. */
function runBefore(before: string | undefined, runs: string): RunPlace[] {
  const place = before === undefined ? undefined : placeOf(before, runs);
  return place && isFinishedRun(place.folder) ? [place] : [];
}

/** @throws RecdistillError `usage` */
function refuseContinue(before: string | undefined, method: string): void {
  if (before === undefined) return;
  fail('usage', {
    problem: `${method} cannot go on from a student of earlier data`,
    hint: 'Name a finished run of the same data with --start, or choose another method.',
  });
}

export const distill: Command = {
  name: 'distill',
  summary: 'Train a small student on what finished teachers know',
  about: [
    'Methods:',
    ...methodRegistry.all().map((d) => `  ${d.name.padEnd(10)} ${d.summary}`),
    `Students: ${students.join(', ')}.`,
    'Data options, --at and --select-by default to those of the first teacher, or without teachers to those of the run that is continued:',
    'teachers and student must see the same users, items and split.',
    'The run gets a folder `student`: a bundle that recommends without the training data.',
    'bd trains one teacher and the student together: the runs are NAME/teacher and NAME/student. The student is trained alone first, as NAME/start, unless --start',
    'names a finished run. Options that the model of the student and bd both have, such as --epochs, hold for both trainings.',
  ].join('\n'),
  args: [],
  groups: [chosen, ...students.map(modelGroup), ...methodRegistry.all().map((m) => methodGroup(m.name)), ...shared],
  groupsFor(given) {
    const { student, method } = choiceOf(given);
    return [chosen, methodGroup(method), modelGroup(student), ...shared];
  },
  examples: [
    ['distill --teachers bpr-mf,lightgcn,mult-vae --dim 6', 'a tiny student of three teachers'],
    ['distill --teachers bpr-mf,lightgcn --dim 6 --name small --seed 1', 'under a name of your own'],
    [
      'distill --method bd --teachers bpr-mf --dim 5 --name pair',
      'teacher and student train together; both end better',
    ],
    [
      'distill --method bd --teachers bpr-mf --start small --direction to-student',
      'from a finished student; only it learns from the other',
    ],
    ['distill --method none --teachers bpr-mf --dim 6', 'the same student on its own, for comparison'],
    [
      'distill --continue small --data now.csv --teachers bpr-mf --epochs 10 --name small-now',
      'the student of last week, with what has happened since; the teachers have seen it',
    ],
    ['distill --continue small --data now.csv --method none --name small-now', 'the same without teachers'],
  ],
  async run(given, console) {
    const { teachers: names, continue: before, start: from } = readOptions(chosen, given);
    const { student: model, method } = choiceOf(given);
    const spec = methodOf(method);
    const alone = spec.needs.teachers === 'none';
    if (names.length === 0 && !(alone && given.flags.data !== undefined)) {
      fail('usage', {
        problem: 'distill needs --teachers: the finished runs to learn from',
        hint: 'Train some first, then for example: distill --teachers bpr-mf,lightgcn. With --method none, --data will do.',
      });
    }
    const owned = [modelGroup(model), methodGroup(method)];
    for (const part of owned) readOptions(part, given);
    const { runs } = readOptions(runsGroup, given);
    const places = names.flatMap((name) => findRuns(name, runs));
    if (isCoTrained(spec)) {
      refuseContinue(before, method);
      const started = from === undefined ? model : readRun(startRun(from, given)).result.model;
      checkStudent(modelOf(started), spec, places.map(teacherProfile));
      const like = readRun(places[0]!);
      const evaluation = readEvaluation(like, given);
      const groups: CoTrainCommand['groups'] = { student: modelGroup(model), method: methodGroup(method), shared };
      const task = { given, method: spec, groups, teacher: places[0]!, student: model, start: from, evaluation };
      return coTrainNamed({ ...task, ...(await loadDataOf(like, given, console.say)) }, console);
    }
    if (from !== undefined) {
      fail('usage', {
        problem: `--start belongs to methods that train teacher and student together; ${method} does not`,
        hint: 'Use --continue to go on from a student of earlier data, or --method bd.',
      });
    }
    const start = before === undefined ? undefined : await readBundle(bundleFolderOf(before, runs));
    const [like] = [...places, ...runBefore(before, runs)].map(readRun);
    const evaluation = readEvaluation(like, given);
    const { data, dataset } = await loadDataOf(like, given, console.say);
    const teachers = places.map((place) => {
      readRun(place);
      return { name: place.name, teacher: readTeacher(place.folder) };
    });
    const done = await runNamed(
      {
        ...{ given, dataset, data, model, method, evaluation },
        // The student before may well have the usual name.
        defaultName: `${model}-${method}${start ? '-continued' : ''}`,
        options: Object.assign({}, ...owned.map((part) => givenOf(part.schema, given))),
        // Teachers of a student on its own only say which data it is about.
        teachers: alone ? [] : teachers,
        ...(start ? { start } : {}),
      },
      console,
    );
    const user = dataset.users.ids[0]!;
    return answerOf(done, console, evaluation.at, [
      ...(places.length > 0 ? [`compare ${[done.name, ...places.map((p) => p.name)].map(quoted).join(' ')}`] : []),
      `recommend ${quoted(done.name)} --user ${quoted(user)}`,
      ...(done.bundle ? [`serve ${quoted(done.name)}`] : []),
    ]);
  },
};
