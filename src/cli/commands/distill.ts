import { readBundle } from '../../bundle/index.js';
import { methodOf, methodRegistry } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { modelRegistry } from '../../models/index.js';
import { optionalText, options, text, words } from '../../options/options.js';
import { isFinishedRun, readTeacher } from '../../runs/index.js';
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
import { answerOf, quoted, runNamed, trajectoryGroup } from './job.js';
import { bundleFolderOf } from './recommendations.js';
import { findRuns, loadDataOf, placeOf, type RunPlace, readEvaluation, readRun } from './runs.js';

const chosen = group(
  'What to distil',
  'distill',
  options({
    teachers: words({ default: [], help: 'Finished runs to learn from, by name or folder, such as bpr-mf,lightgcn.' }),
    student: text({ default: 'bpr-mf', help: 'Model of the student.' }),
    method: text({ default: 'hetcomp', help: 'Method of distillation.' }),
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
    ['distill --method none --teachers bpr-mf --dim 6', 'the same student on its own, for comparison'],
    [
      'distill --continue small --data now.csv --teachers bpr-mf --epochs 10 --name small-now',
      'the student of last week, with what has happened since; the teachers have seen it',
    ],
    ['distill --continue small --data now.csv --method none --name small-now', 'the same without teachers'],
  ],
  async run(given, console) {
    const { teachers: names, continue: before } = readOptions(chosen, given);
    const { student: model, method } = choiceOf(given);
    const alone = methodOf(method).needs.teachers === 'none';
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
