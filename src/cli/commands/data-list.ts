import { catalog, locate } from '../../data/index.js';
import { catalogTable } from '../../report/index.js';
import type { Command } from '../terminal/_command.js';

export const dataList: Command = {
  name: 'data list',
  summary: 'List the named data sets and where they are',
  args: [],
  groups: [],
  examples: [['data list', 'what --data understands besides files']],
  async run() {
    const found = Object.entries(catalog).map(([name, { title, terms, citation }]) => ({
      ...{ name, title, terms, citation },
      ...locate(name),
    }));
    const text = [
      catalogTable(found).toText(),
      '',
      'Set RECDISTILL_DATA to the folder that holds your data sets. --data also takes files and folders of your own.',
    ].join('\n');
    return { text, json: { folder: process.env.RECDISTILL_DATA ?? null, dataSets: found } };
  },
};
