import { catalog, locate } from '../../data/index.js';
import type { Command } from '../terminal/_command.js';
import { renderTable } from '../terminal/table.js';

const WORDS = {
  local: 'in RECDISTILL_DATA',
  cache: 'in the cache',
  download: 'can be downloaded',
  absent: 'not on this machine',
} as const;

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
    const table = renderTable(
      [{ title: 'name' }, { title: 'where' }, { title: 'what' }],
      [
        ...found.map((d) => [d.name, WORDS[d.where], d.title]),
        ['synthetic', 'always there', 'Made-up data; synthetic:USERSxITEMSxINTERACTIONS for another size'],
      ],
    );
    const text = [
      table,
      '',
      'Set RECDISTILL_DATA to the folder that holds your data sets. --data also takes files and folders of your own.',
    ].join('\n');
    return { text, json: { folder: process.env.RECDISTILL_DATA ?? null, dataSets: found } };
  },
};
