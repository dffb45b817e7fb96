import { partSizes, writeSplit } from '../../data/index.js';
import { fail } from '../../errors.js';
import { optionalText, options } from '../../options/options.js';
import { formatCount } from '../../report/format.js';
import type { CommandBody } from '../terminal/_command.js';
import { announceDefaultData } from '../terminal/default-data.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroup, group } from '../terminal/groups.js';
import { sourceArgument, withSource } from './data-inspect.js';
import { loadData } from './load-data.js';

const outGroup = group('Split', 'data split', options({ out: optionalText({ help: 'New folder to write.' }) }));

export const dataSplit: CommandBody = {
  args: [sourceArgument],
  groups: [outGroup, dataGroup],
  examples: [
    ['data split ratings.csv --out my-split', '60/20/20 for each user'],
    ['data split ratings.csv --split users --out by-user', 'users held out whole, evaluated by their histories'],
    ['data split ratings.csv --split time --time timestamp --out by-time', 'by time, over all users'],
  ],
  async run(given, console) {
    const { out } = readOptions(outGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'data split needs --out: the new folder', hint: 'For example --out my-split' });
    await announceDefaultData(given, true, console);
    const dataset = await loadData(readOptions(dataGroup, withSource(given)), console.say);
    await writeSplit(dataset, out);
    const sizes = partSizes(dataset);
    const parts = Object.entries(sizes).map(
      ([part, n]: [string, number]) => `${part === 'foldIn' ? 'fold-in' : part} ${formatCount(n)}`,
    );
    const text = `${out}: ${parts.join(', ')} interactions.\nUse it with: ${console.program} train ${dataset.foldIn ? 'fism' : 'bpr-mf'} --data ${out}`;
    return { text, json: { folder: out, fingerprint: dataset.fingerprint, interactions: sizes, notes: dataset.notes } };
  },
};
