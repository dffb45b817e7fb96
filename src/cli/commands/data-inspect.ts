import { type DatasetStatistics, inspect, type LeakageFinding, loadDataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import type { Argument, Command, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { formatCount, listed } from '../terminal/format.js';
import { dataGroup } from '../terminal/groups.js';
import { renderTable } from '../terminal/table.js';
import { tellUnnamedData } from '../terminal/unnamed-data.js';
import { warningLines } from './load-data.js';

export const sourceArgument: Argument = {
  name: 'SOURCE',
  help: 'A named data set, files or a folder; the same as --data.',
  many: true,
  option: 'data',
};

/** The given flags with the arguments SOURCE as --data. @throws RecdistillError `usage` if both are given */
export function withSource(given: Given): Given {
  const { args } = given;
  if (args.length === 0) return given;
  if (given.flags.data !== undefined) {
    fail('usage', {
      problem: `the data is named twice: ${listed(args.map((arg) => JSON.stringify(arg)))} and --data ${given.flags.data}`,
      hint: 'Name it once.',
    });
  }
  return { ...given, flags: { ...given.flags, data: args } };
}

export const dataInspect: Command = {
  name: 'data inspect',
  summary: 'Show a data set in numbers, and what its split leaks',
  args: [sourceArgument],
  groups: [dataGroup],
  examples: [
    ['data inspect citeulike-t', 'a named data set'],
    ['data inspect ratings.csv --user userId --item movieId', 'a file of your own'],
    ['data inspect may.csv june.csv', 'several files as one'],
  ],
  async run(given, console) {
    await tellUnnamedData(given, true, console);
    const dataset = await loadDataset(readOptions(dataGroup, withSource(given)));
    for (const line of warningLines(dataset)) console.say(line);
    const statistics = inspect(dataset);
    const text = [
      `${dataset.name} (fingerprint ${dataset.fingerprint.slice(0, 12)})`,
      '',
      renderTable([{ title: 'measure' }, { title: 'value', right: true }], statisticsRows(statistics)),
      '',
      'How it was loaded:',
      ...dataset.notes.map((note) => `  ${note}`),
      '',
      ...leakageLines(dataset.leakage),
    ].join('\n');
    return {
      text,
      json: {
        ...statistics,
        notes: dataset.notes,
        warnings: dataset.warnings,
        leakage: dataset.leakage,
        labels: dataset.labelReport,
      },
    };
  },
};

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 3 : 1)} %`;

function statisticsRows(s: DatasetStatistics): string[][] {
  const spread = ({ min, median, max }: { min: number; median: number; max: number }) =>
    `${min} / ${median} / ${formatCount(max)}`;
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  return [
    ['users', formatCount(s.nUsers)],
    ['items', formatCount(s.nItems)],
    ['interactions', formatCount(s.interactions.all)],
    [
      'train / valid / test',
      [s.interactions.train, s.interactions.valid, s.interactions.test].map(formatCount).join(' / '),
    ],
    ['density', percent(s.density)],
    ['interactions of a user: least / median / most', spread(s.perUser)],
    ['interactions of an item: least / median / most', spread(s.perItem)],
    [
      'interactions with the top 1 % / 10 % of items',
      `${percent(s.topItemsShare.top1)} / ${percent(s.topItemsShare.top10)}`,
    ],
    ['users evaluated on valid / test', `${formatCount(s.evaluated.valid)} / ${formatCount(s.evaluated.test)}`],
    ['items never trained', formatCount(s.cold.nItems)],
    ['users never trained', formatCount(s.cold.nUsers)],
    ...(s.period ? [['period', `${day(s.period.from)} to ${day(s.period.to)}`]] : []),
  ];
}

function leakageLines(findings: readonly LeakageFinding[]): string[] {
  const found = findings.filter((f) => f.count > 0);
  if (found.length === 0) return ['The split leaks nothing.'];
  return [
    'What the split leaks, counted before duplicates and untrained items were dealt with:',
    ...found.flatMap((f) => [
      `  ${f.where}: ${formatCount(f.count)} of ${formatCount(f.of)} (${percent(f.share)})`,
      `    ${f.explanation}`,
    ]),
  ];
}
