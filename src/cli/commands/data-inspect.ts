import { inspect, loadDataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import { listed } from '../../report/format.js';
import { leakageLines, statisticsTable } from '../../report/index.js';
import type { Argument, CommandBody, Given } from '../terminal/_command.js';
import { announceDefaultData } from '../terminal/default-data.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroup } from '../terminal/groups.js';
import { sayingSo, warningLines } from './load-data.js';

export const sourceArgument: Argument = {
  name: 'SOURCE',
  help: 'A named data set, files or a folder, as in --data.',
  many: true,
  option: 'data',
};

/** The given flags, with the arguments SOURCE as --data. @throws RecdistillError `usage` if both are given */
export function withSource(given: Given): Given {
  const { args } = given;
  if (args.length === 0) return given;
  if (given.flags.data !== undefined) {
    fail('usage', {
      problem: `the data is given twice: ${listed(args.map((arg) => JSON.stringify(arg)))} and --data ${given.flags.data}`,
      hint: 'Give it once.',
    });
  }
  return { ...given, flags: { ...given.flags, data: args } };
}

export const dataInspect: CommandBody = {
  args: [sourceArgument],
  groups: [dataGroup],
  examples: [
    ['data inspect citeulike-t', 'a named data set'],
    ['data inspect ratings.csv --user userId --item movieId', 'a file of your own'],
    ['data inspect may.csv june.csv', 'several files as one'],
  ],
  async run(given, console) {
    await announceDefaultData(given, true, console);
    const options = readOptions(dataGroup, withSource(given));
    const dataset = await sayingSo(options, console.say, () => loadDataset(options));
    for (const line of warningLines(dataset)) console.say(line);
    const statistics = inspect(dataset);
    const text = [
      `${dataset.name} (fingerprint ${dataset.fingerprint.slice(0, 12)})`,
      '',
      statisticsTable(statistics).toText(),
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
