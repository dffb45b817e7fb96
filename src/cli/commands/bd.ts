import { join } from 'node:path';
import { bdOptions } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { learnsPairs, modelRegistry } from '../../models/index.js';
import { type OptionsSchema, options, text } from '../../options/options.js';
import { bdTable, bdWorkText } from '../../report/index.js';
import { type BdOutcome, type BdRole, bdRoles, readSavedModel, runBd } from '../../runs/index.js';
import type { Job } from '../../runs/outcome.js';
import type { Answer, Command, Console } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import {
  dataGroup,
  evaluationGroup,
  group,
  machineGroup,
  machineOf,
  nameGroup,
  withKernels,
} from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { createProgressBar } from '../terminal/progress.js';
import { bundleOf, checkName, nextSteps, quoted, trajectoryGroup } from './job.js';
import { findRuns, loadDataOf, type RunPlace, readEvaluation, readRun } from './runs.js';
import { portable } from './source.js';

const chosen = group(
  'Who learns',
  'bd',
  options({
    teacher: text({ default: '', help: 'Finished run of the teacher, by name or folder.' }),
    student: text({ default: '', help: 'Finished run of the student; it must not be larger than the teacher.' }),
  }),
);
const bdGroup = group('Options of bd', 'bd', bdOptions);
const groups = [chosen, bdGroup, dataGroup, evaluationGroup, trajectoryGroup, nameGroup, machineGroup] as const;

/** A role with the run that it begins from. */
interface Before {
  readonly role: BdRole;
  readonly place: RunPlace;
  readonly metrics: Readonly<Record<string, number>>;
  readonly parameters: number | undefined;
}

export const bdCommand: Command = {
  name: 'bd',
  summary: 'Bidirectional distillation: a teacher and a student train on together',
  about: [
    'Both begin as finished runs of the same data (train them first) and learn from the data and from each other.',
    `Models that can take part, in any pair: ${modelRegistry
      .all()
      .filter(learnsPairs)
      .map((m) => m.name)
      .join(', ')}.`,
    'The result is two runs, NAME/teacher and NAME/student. Data options, --at and --select-by default to those of the teacher.',
  ].join('\n'),
  args: [],
  groups,
  examples: [
    ['bd --teacher bpr-mf --student small', 'both better than each was alone'],
    [
      'bd --teacher bpr-mf --student small --direction to-student --name one-way',
      'only the student learns from the other',
    ],
    ['bd --teacher big --student small --protocol reference', 'as the published code, for its numbers'],
  ],
  async run(given, console) {
    const o = readOptions(chosen, given);
    for (const own of groups) readOptions<OptionsSchema>(own, given);
    for (const role of bdRoles) {
      if (o[role] !== '') continue;
      fail('usage', {
        problem: `bd needs --${role}: the finished run that the ${role} begins from`,
        hint: 'Train both first, then for example: bd --teacher bpr-mf --student small',
      });
    }
    const { name = 'bd', runs, overwrite } = readOptions(nameGroup, given);
    checkName(name);
    const before = bdRoles.map((role): Before => {
      const place = onlyRun(o[role], runs, role);
      const { metrics, parameters } = readRun(place).result;
      return { role, place, metrics, parameters };
    });
    const like = readRun(before[0]!.place);
    const evaluation = readEvaluation(like, given);
    const { data, dataset } = await loadDataOf(like, given, console.say);
    const [teacher, student] = before.map(({ place }) => readSavedModel(place.folder));
    const folder = join(runs, name);
    const work = () =>
      withKernels(machineOf(given), (kernels) =>
        interruptible(console.say, async (signal) => {
          const progress = createProgressBar(console, evaluation.selectBy);
          progress.job(name);
          try {
            return await runBd({
              ...{ dataset, kernels, evaluation, folder, overwrite, signal },
              ...{ teacher: teacher!, student: student!, source: portable(data) },
              options: givenOf(bdOptions, given),
              trajectory: readOptions(trajectoryGroup, given),
              // One bar for both: the student is what it is all for.
              listen: (role, event) => role === 'student' && progress.train(event),
            });
          } finally {
            progress.close();
          }
        }),
      );
    const outcome = await offeringName(name, runs, work);
    return answerOf(outcome, before, { name, runs, folder, at: evaluation.at, user: dataset.users.ids[0]! }, console);
  },
};

/** @throws RecdistillError `unknown-name`, `usage` if the name stands for several runs */
function onlyRun(given: string, runs: string, role: BdRole): RunPlace {
  const [place, ...more] = findRuns(given, runs);
  if (more.length === 0) return place!;
  return fail('usage', {
    problem: `--${role} ${given} stands for ${more.length + 1} runs`,
    hint: `Name one of them, such as ${place!.name}.`,
  });
}

interface Named {
  readonly name: string;
  readonly runs: string;
  readonly folder: string;
  readonly at: readonly number[];
  /** Somebody to recommend to. */
  readonly user: string;
}

function answerOf(outcome: BdOutcome, before: readonly Before[], named: Named, console: Console): Answer {
  const { name, runs, folder, at } = named;
  const { reused } = outcome.student;
  const [teacher, student] = bdRoles.map((role) => `${name}/${role}`);
  const names = [student!, teacher!, ...before.map(({ place }) => place.name).reverse()];
  const bundle = bundleOf(outcome.student.result.model, join(folder, 'student'));
  const commands = [
    `bd-report ${quoted(name)}`,
    `compare ${names.map(quoted).join(' ')}`,
    ...(bundle === undefined ? [] : [`recommend ${quoted(student!)} --user ${quoted(named.user)}`]),
  ];
  const text = [
    reused ? `${name} was finished before; nothing had to be done.` : `${name} is finished (${bdWorkText(outcome)}).`,
    '',
    bdTable(
      outcome,
      before.map((b) => ({ ...b, name: b.place.name })),
      name,
      at,
    ).toText(),
    '',
    `Run folders: ${bdRoles.map((role) => join(folder, role)).join(', ')}${bundle === undefined ? '' : `; student bundle, ready to serve: ${bundle}`}`,
    '',
    nextSteps(console.program, runs, commands),
  ].join('\n');
  const json = (role: BdRole) => {
    const run = before.find((b) => b.role === role)!;
    const { result: after, reused: had }: Job = outcome[role];
    return {
      folder: join(folder, role),
      reused: had,
      before: { name: run.place.name, metrics: run.metrics },
      result: after,
    };
  };
  return { text, json: { name, folder, reused, teacher: json('teacher'), student: json('student') } };
}
