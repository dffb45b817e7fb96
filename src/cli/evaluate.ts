import { writeAtomic } from '../artifact/index.js';
import { choice, flag, optionalText, options } from '../config/options.js';
import { type Dataset, itemCounts } from '../data/index.js';
import { fail } from '../errors.js';
import { type ComparisonRow, compare, defaultMetrics, type Evaluation, evaluateRankings } from '../eval/index.js';
import { evaluationOptions, type FinishedRun } from '../pipeline/index.js';
import type { Command, Given } from './_command.js';
import { readOptions } from './flags.js';
import { formatMetric, formatP, formatPercent } from './format.js';
import { dataGroup, group, runsGroup } from './groups.js';
import { findRuns, loadDataOf, readRun } from './runs.js';
import { renderTable } from './table.js';

const evaluateGroup = group(
  'Evaluation',
  'evaluate',
  options({
    at: evaluationOptions.shape.at.describe(
      'List lengths K at which metrics are taken. Default: those of the first run.',
    ),
    metrics: flag({ default: false, help: 'Show all metrics, not only recall and NDCG.' }),
    perUser: optionalText({ help: 'Write the values of every user to this TSV file.' }),
    test: choice(['t', 'wilcoxon'], { default: 't', help: 'Paired test of each run against the first.' }),
    adjust: choice(['holm', 'bh'], { default: 'holm', help: 'How p-values are adjusted for the number of tests.' }),
  }),
);

interface Judged {
  readonly name: string;
  readonly run: FinishedRun;
  readonly dataset: Dataset;
  readonly evaluation: Evaluation;
}

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Compare finished runs on their test part, with significance',
  about: [
    'Nothing is trained: the rankings that the runs kept are judged.',
    'RUN is a name, a folder, or the name of a whole pipeline. With several, each is compared with the first, user by user.',
    'Data options are only needed where the source has moved since.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Finished runs.', required: true, many: true }],
  groups: [evaluateGroup, runsGroup, dataGroup],
  examples: [
    ['evaluate bpr-mf ease', 'is ease better than bpr-mf?'],
    ['evaluate demo --metrics', 'every run of the demo, all metrics'],
    ['evaluate ease bpr-mf --at 5,20 --per-user values.tsv', 'other list lengths, values for a figure'],
  ],
  async run(given, console) {
    const o = readOptions(evaluateGroup, given);
    const { runs } = readOptions(runsGroup, given);
    const places = given.args.flatMap((name) => findRuns(name, runs));
    const found = places.map((place) => ({ name: place.name, run: readRun(place) }));
    const recorded = found[0]!.run.result.options.at;
    const at = given.flags.at === undefined && Array.isArray(recorded) ? (recorded as number[]) : o.at;
    const judged = await judge(found, at, given);
    const users = judged[0]!.evaluation.users.length;
    const shown = o.metrics ? [...defaultMetrics] : ['recall', 'ndcg'];
    const comparable = judged.every((j) => j.dataset.fingerprint === judged[0]!.dataset.fingerprint);
    const perUser = Object.keys(judged[0]!.evaluation.perUser);
    const tested = shown.flatMap((m) => at.map((k) => `${m}@${k}`)).filter((key) => perUser.includes(key));
    const [base, ...others] = judged;
    const comparisons =
      comparable && others.length > 0
        ? compare(base!.evaluation, others, { metrics: tested, adjust: o.adjust, test: o.test })
        : [];
    if (o.perUser !== undefined) {
      writeAtomic(o.perUser, perUserText(judged));
      console.say(`Values of every user: ${o.perUser}`);
    }
    const text = [
      `Test part, full ranking, mean over ${users} users.`,
      '',
      metricsTable(judged, shown, at),
      ...(comparisons.length > 0
        ? ['', `Each run against ${base!.name}, user by user (${testName(o)}):`, '', comparisonTable(comparisons)]
        : []),
      ...(comparable ? [] : ['', 'These runs are of different data, so they are not compared with each other.']),
    ].join('\n');
    return { text, json: { users, runs: judged.map(runJson), comparisons } };
  },
};

const testName = ({ test, adjust }: { test: string; adjust: string }): string =>
  `${test === 't' ? 'paired t test' : 'Wilcoxon signed-rank test'}, ${adjust === 'holm' ? 'Holm' : 'Benjamini-Hochberg'}`;

/** Loads each data set once, and checks that it still is the one that the run was made on. */
async function judge(
  found: readonly { name: string; run: FinishedRun }[],
  at: readonly number[],
  given: Given,
): Promise<Judged[]> {
  const loaded = new Map<string, Dataset>();
  const judged: Judged[] = [];
  for (const { name, run } of found) {
    const wanted = run.manifest.dataFingerprint;
    const dataset = loaded.get(wanted) ?? (await loadDataOf(run, given)).dataset;
    if (dataset.fingerprint !== wanted) {
      const difference = `fingerprint was ${wanted.slice(0, 12)}, now it is ${dataset.fingerprint.slice(0, 12)}`;
      fail('artifact-differs', { path: run.folder, what: 'data', difference });
    }
    loaded.set(wanted, dataset);
    checkLengths(at, run);
    const trainCounts = itemCounts(dataset.train);
    const evaluation = evaluateRankings(run.rankings, dataset.test, { metrics: defaultMetrics, topK: at, trainCounts });
    judged.push({ name, run, dataset, evaluation });
  }
  return judged;
}

function checkLengths(at: readonly number[], { rankings: { depth, catalogue } }: FinishedRun): void {
  const wrong = at.find((k) => !Number.isInteger(k) || k > depth);
  if (wrong === undefined) return;
  const why = depth === catalogue ? 'the number of items' : 'the length of the lists that the run kept';
  const help = 'Ask for shorter lists, or train again with a larger --at.';
  fail('bad-option', {
    option: '--at',
    owner: 'evaluate',
    given: wrong,
    expected: `whole numbers from 1 to ${depth}, ${why}`,
    help,
  });
}

const meansOf = (e: Evaluation): Readonly<Record<string, number>> => ({
  ...e.means,
  ...e.beyondAccuracy.evaluatedUsers,
});

/** Few metrics stand beside each other; many stand below each other, with a column for each run. */
function metricsTable(judged: readonly Judged[], shown: readonly string[], at: readonly number[]): string {
  const keys = shown.flatMap((m) => at.map((k) => `${m}@${k}`));
  const cell = (j: Judged, key: string) => formatMetric(meansOf(j.evaluation)[key]);
  const right = (title: string) => ({ title, right: true });
  return keys.length <= 6
    ? renderTable(
        [{ title: 'run' }, ...keys.map(right)],
        judged.map((j) => [j.name, ...keys.map((key) => cell(j, key))]),
      )
    : renderTable(
        [{ title: 'metric' }, ...judged.map((j) => right(j.name))],
        keys.map((key) => [key, ...judged.map((j) => cell(j, key))]),
      );
}

function comparisonTable(rows: readonly ComparisonRow[]): string {
  const right = (title: string) => ({ title, right: true });
  const columns = [
    { title: 'run' },
    { title: 'metric' },
    right('difference'),
    right('relative'),
    right('95 % interval'),
    { title: 'adjusted' },
  ];
  return renderTable(
    columns,
    rows.map((r) => [
      r.name,
      r.metric,
      `${r.difference >= 0 ? '+' : ''}${r.difference.toFixed(4)}`,
      Number.isNaN(r.relativeDifference) ? '-' : formatPercent(r.relativeDifference),
      `${r.interval.low.toFixed(4)} to ${r.interval.high.toFixed(4)}`,
      formatP(r.adjustedP),
    ]),
  );
}

/** One line for each run and evaluated user. */
function perUserText(judged: readonly Judged[]): string {
  const keys = Object.keys(judged[0]!.evaluation.perUser);
  const plain = (id: string) => id.replace(/[\t\r\n]/g, ' ');
  const lines = judged.flatMap(({ name, dataset, evaluation: { users, perUser } }) =>
    Array.from(users, (u, row) =>
      [name, plain(dataset.users.ids[u]!), ...keys.map((key) => perUser[key]![row])].join('\t'),
    ),
  );
  return `${[['run', 'user', ...keys].join('\t'), ...lines].join('\n')}\n`;
}

function runJson({ name, run, dataset, evaluation }: Judged): unknown {
  const { result, folder } = run;
  return { name, folder, model: result.model, method: result.method, data: dataset.name, metrics: meansOf(evaluation) };
}
