import { join } from 'node:path';
import { partSizes, storeDataset } from '../../data/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { announceDefaultData } from '../terminal/default-data.js';
import { readOptions } from '../terminal/flags.js';
import { dataGroup, runsGroup } from '../terminal/groups.js';
import { sourceArgument, withSource } from './data-inspect.js';
import { quoted } from './job.js';
import { loadData, sizeLine } from './load-data.js';

export const dataStore: CommandBody = {
  args: [sourceArgument],
  groups: [runsGroup, dataGroup],
  examples: [
    ['data store big.parquet', 'reads, filters and splits it once'],
    ['data store big.parquet --runs /mnt/runs', 'into the folder that several machines share'],
  ],
  async run(given, console) {
    await announceDefaultData(given, true, console);
    const { runs } = readOptions(runsGroup, given);
    const dataset = await loadData(readOptions(dataGroup, withSource(given)), console.say);
    const folder = storeDataset(runs, dataset);
    const named = join(runs, 'data', dataset.fingerprint);
    const where = runs === 'runs' ? '' : ` --runs ${quoted(runs)}`;
    const text = [
      sizeLine(dataset),
      `Stored in ${folder}. A command that is given it reads only what it needs:`,
      `  ${console.program} train ials --data ${quoted(named)} --shards auto${where}`,
    ].join('\n');
    return { text, json: { folder: named, fingerprint: dataset.fingerprint, interactions: partSizes(dataset) } };
  },
};
