import { join } from 'node:path';
import { type DataOptions, type LoadedDataset, rankingOptions, readExternalRankings } from '../../data/index.js';
import { createEvaluator, evaluationFor } from '../../eval/index.js';
import { refuseStoreName } from '../../experiment/index.js';
import { totalOf } from '../../memory/index.js';
import { optionalText, options } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import { importedTable, rankingLines } from '../../report/index.js';
import {
  type FinishedRun,
  type ImportedTeacher,
  importingTeachers,
  importParts,
  nameOfFile,
} from '../../runs/index.js';
import type { Answer, CommandBody, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { offeringName } from '../terminal/free-name.js';
import { dataGroup, evaluationGroup, group, nameGroup } from '../terminal/groups.js';
import { costLine } from './cost.js';
import { dataFlags } from './data-flags.js';
import { checkName, distillSteps, nextSteps, quoted } from './job.js';
import { loadData } from './load-data.js';
import { findRuns, loadDataOf, readEvaluation, readRun } from './runs.js';
import { portable } from './source.js';

const rankingGroup = group('Rankings', 'rankings', rankingOptions);

const own = dataFlags(['user', 'item', 'format', 'header']);
const likeGroup = group(
  'Data',
  'import',
  options({
    like: optionalText({
      help: 'Run whose data options, --at and --select-by are used.',
    }),
  }),
);

export const importCommand: CommandBody = {
  about: [
    'FILE is CSV, TSV, JSON lines or Parquet; text may be compressed (.gz, .zst). Each row has user, item, and rank (1 = best) or score (higher is better).',
    'Columns for teacher and checkpoint are optional. Ids are those of the data set. Train items are removed from the lists.',
    'Each teacher becomes a finished run, NAME or NAME/TEACHER, for distill, evaluate and compare. See docs/external-teachers.md.',
  ].join('\n'),
  args: [{ name: 'FILE', help: 'The rankings.', required: true }],
  groups: [rankingGroup, likeGroup, own.group, evaluationGroup, nameGroup],
  examples: [
    ['import rankings.csv --like bpr-mf', 'use the data of a finished run'],
    ['import rankings.parquet --data citeulike-t --name mine', 'use a named data set'],
    [
      'import scores.csv --score logit --user uid --item iid --data clicks.csv --data-user customer',
      'columns with other names',
    ],
  ],
  async run(given, console) {
    const file = given.args[0]!;
    const { name = nameOfFile(file), runs, overwrite } = readOptions(nameGroup, given);
    if (given.flags.name === undefined) refuseStoreName(name);
    else checkName(name);
    const reading = readOptions(rankingGroup, given);
    const { like } = readOptions(likeGroup, given);
    const likeRun = like === undefined ? undefined : await readRun(findRuns(like, runs)[0]!);
    const asked = readEvaluation(likeRun, given);
    const { data, dataset } = await dataOf(given, likeRun, console.say);
    const evaluation = evaluationFor(asked, dataset.train);
    const { depth } = createEvaluator(dataset, evaluation);
    console.say(`Reading ${file} for ${dataset.name} ...`);
    console.say(costLine({ bytes: totalOf(importParts({ dataset, depth, runs: 1 })) }));
    const external = await readExternalRankings(file, dataset, depth, reading);
    const imported = await offeringName(name, runs, () =>
      runInParts(
        importingTeachers({
          ...{ dataset, external, name, evaluation, folder: join(runs, name), overwrite },
          source: portable(data),
        }),
        createProgress().task(`importing ${name}`),
      ),
    );
    const next = nextSteps(console.program, runs, [
      ...distillSteps([{ name, model: 'external' }], runs, dataset),
      `evaluate ${quoted(name)}`,
    ]);
    const lines = rankingLines(external.report);
    return answerOf(imported, external.report, [
      ...lines,
      '',
      importedTable(imported, evaluation.at).toText(),
      '',
      next,
    ]);
  },
};

/** The data set of the flags, or of the run that --like names. @throws RecdistillError as `loadDataset` */
async function dataOf(
  given: Given,
  like: FinishedRun | undefined,
  say: (text: string) => void,
): Promise<{ data: DataOptions; dataset: LoadedDataset }> {
  const asData = own.usual(given);
  if (like) return loadDataOf(like, asData, say);
  const data = readOptions(dataGroup, asData);
  return { data, dataset: await loadData(data, say) };
}

function answerOf(imported: readonly ImportedTeacher[], report: object, lines: readonly string[]): Answer {
  const reused = imported.filter((t) => t.outcome.reused).map((t) => t.name);
  const done = reused.length > 0 ? [`${reused.join(', ')}: already imported.`] : [];
  const teachers = imported.map(({ name, folder, outcome: { reused, result, teacher } }) => ({
    ...{ name, folder, reused, result },
    checkpoints: teacher.trajectory.checkpoints.map(({ epoch, metrics }) => ({ epoch, metrics })),
  }));
  return { text: [...done, ...lines].join('\n'), json: { report, teachers } };
}
