import { catalog, locate } from '../../data/index.js';
import { catalogTable } from '../../report/index.js';
import type { CommandBody } from '../terminal/_command.js';

export const dataList: CommandBody = {
  args: [],
  groups: [],
  examples: [['data list', 'names that --data accepts']],
  async run() {
    const found = Object.entries(catalog).map(([name, { title, terms, citation }]) => ({
      ...{ name, title, terms, citation },
      ...locate(name),
    }));
    const text = [
      catalogTable(found).toText(),
      '',
      'Set RECDISTILL_DATA to the folder of your data sets. --data also accepts files and folders.',
    ].join('\n');
    return { text, json: { folder: process.env.RECDISTILL_DATA ?? null, dataSets: found } };
  },
};
