import { join, relative } from 'node:path';
import { defined } from '../../defined.js';
import { type AutoResult, autoOptions, checkAuto, planAuto, runAuto } from '../../experiment/index.js';
import {
  autoReport,
  autoRows,
  autoTable,
  budgetTable,
  finalFitText,
  foundLines,
  frontierTable,
  writeReport,
} from '../../report/index.js';
import { additionsTable } from '../../report/results/ensemble.js';
import { jobFiles } from '../../runs/index.js';
import type { Answer, CommandBody } from '../terminal/_command.js';
import { announceDefaultData } from '../terminal/default-data.js';
import { readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { dataGroup, evaluationGroup, group, machineGroup, writeRunsGroup } from '../terminal/groups.js';
import { sourceArgument, withSource } from './data-inspect.js';
import { exampleIds, isItemsOnly, nextSteps, quoted, recommendSteps } from './job.js';
import { isDryRun, jobsGroup, withEngine } from './jobs.js';
import { loadData } from './load-data.js';
import { portable } from './source.js';

const autoGroup = group('Auto', 'auto', autoOptions);
/** A rung has no more jobs. */
const MOST_JOBS = 32;

export const auto: CommandBody = {
  about: [
    'Trains simple models and teachers, chooses their ensemble, distils students of several sizes, trains models of the same sizes without teachers, and takes the smallest that keeps --keep of the ensemble.',
    'Everything is chosen on valid; the chosen rows are then looked up once on test. If distillation is not worth it on these data, it says so and takes another model.',
    'A command that was stopped continues. A larger --time-budget adds work to the finished one.',
  ].join('\n'),
  args: [sourceArgument],
  groups: [autoGroup, dataGroup, evaluationGroup, jobsGroup, writeRunsGroup, machineGroup],
  examples: [
    ['auto clicks.csv --user customer --item product', 'the smallest model that keeps 95 % of the ensemble'],
    ['auto clicks.csv --time-budget 1h --max-size 1MB', 'more work, and a limit of the bundle'],
    ['auto clicks.csv --dry-run', 'the work with its estimates; nothing is trained'],
  ],
  async run(given, console) {
    const options = checkAuto(readOptions(autoGroup, given));
    const evaluation = readOptions(evaluationGroup, given);
    const { runs, overwrite: replace } = readOptions(writeRunsGroup, given);
    await announceDefaultData(given, true, console);
    const data = readOptions(dataGroup, withSource(given));
    const dataset = await loadData(data, console.say);
    const plan = planAuto({ dataset, data: portable(data), evaluation, options });
    const budget = budgetTable(plan);
    if (isDryRun(given)) {
      const { rungs, within, limits } = plan;
      const json = { budget: limits.budget, within, rungs };
      return { text: [...foundLines(plan), '', budget.toText()].join('\n'), json };
    }
    for (const line of [...foundLines(plan), ...dataset.notes, budget.toText()]) console.say(line);
    const folder = join(runs, options.name);
    const context = { runs, overwrite: replace && ('differing' as const) };
    const result = await offeringName(options.name, runs, () =>
      withEngine(
        { given, console, metric: plan.evaluation.selectBy, part: 'valid', count: MOST_JOBS, folders: [folder] },
        (engine) => runAuto(plan, { ...engine, ...context }),
      ),
    );
    const files = await writeReport(autoReport(result, dataset.notes), join(folder, 'report.html'), autoJson(result));
    return answerOf(result, { runs, program: console.program, files, dataset });
  },
};

/** What the report and --json have. */
function autoJson(result: AutoResult) {
  const { choice, frontier, candidates, ensemble, single, limits, rungs, within, notes, final } = result;
  const plain = ({ perUser: _, result: __, ...c }: AutoResult['candidates'][number]) => c;
  return {
    ...{ limits, notes, rows: autoRows(result) },
    chosen: { ...plain(choice.chosen), keeps: choice.keeps, share: choice.share, reasons: choice.reasons },
    ...{ frontier: frontier.map(plain), candidates: candidates.map(plain), ...defined({ final }) },
    ensemble: {
      ...{ rung: ensemble.rung, value: ensemble.value, members: ensemble.members.map(({ job }) => job.name) },
      ...defined({ choice: ensemble.choice }),
    },
    single: { name: single.alone.job.name, value: single.value, p: single.p },
    rungs: rungs.map(({ at, summary, seconds }) => ({ at, summary, seconds, done: at < within })),
  };
}

interface Outcome {
  readonly runs: string;
  readonly program: string;
  readonly files: Awaited<ReturnType<typeof writeReport>>;
  readonly dataset: Parameters<typeof exampleIds>[0];
}

function answerOf(result: AutoResult, { runs, program, files, dataset }: Outcome): Answer {
  const { choice, ensemble, options } = result;
  const evaluated = `${options.name}/${choice.chosen.name}`;
  const run = result.final ? relative(runs, result.final.folder) : evaluated;
  const single = `${options.name}/${result.single.alone.job.name}`;
  const bundle = bundleOfChosen(result);
  const next = nextSteps(program, runs, [
    ...recommendSteps(run, bundle, exampleIds(dataset)),
    `serve ${quoted(run)}`,
    ...(single === evaluated ? [`evaluate ${quoted(evaluated)}`] : [`compare ${quoted(evaluated)} ${quoted(single)}`]),
  ]);
  const text = [
    ...(ensemble.choice
      ? ['What each member adds to the ensemble:', additionsTable(ensemble.choice).toText(), '']
      : []),
    ...[frontierTable(result).toText(), '', autoTable(result).toText(), ''],
    `Report: ${files.html}`,
    ...(bundle === undefined ? [] : [`Bundle: ${bundle}`]),
    ...(result.final ? [finalFitText(result.final, choice)] : []),
    ...(bundle !== undefined && isItemsOnly(bundle)
      ? [
          'It has no users and no histories: a list is asked for by the items that somebody has, and leaves these out. To answer user ids, serve it with --histories FILE.',
        ]
      : []),
    ...['', next],
  ].join('\n');
  return { text, json: { ...autoJson(result), report: files, ...defined({ bundle }) } };
}

/** Folder of the bundle that is shipped: that of the final fit, or without one that of the evaluated run. */
const bundleOfChosen = ({ choice, final }: AutoResult): string | undefined =>
  final?.bundle ?? (choice.chosen.result.folder && join(choice.chosen.result.folder, jobFiles.student));
