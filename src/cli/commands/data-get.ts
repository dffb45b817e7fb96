import { catalog, getDataset, locate } from '../../data/index.js';
import type { Command } from '../terminal/_command.js';

export const dataGet: Command = {
  name: 'data get',
  summary: 'Fetch a named data set into the cache and check it',
  about: 'A data set that is on this machine already is left as it is. `data list` shows which ones can be downloaded.',
  args: [{ name: 'NAME', help: 'Name of the data set.', required: true }],
  groups: [],
  examples: [['data get citeulike-t', 'the data set of the demo']],
  async run({ args }, console) {
    const name = args[0]!;
    const before = locate(name);
    if (before.where === 'download') console.say(`Downloading ${name} ...`);
    const folder = await getDataset(name);
    const { terms, citation } = catalog[name]!;
    const fresh = !('folder' in before);
    const text = [
      fresh ? `${name} is in ${folder}; size and SHA-256 are right.` : `${name} is already in ${folder}.`,
      `Terms: ${terms}`,
      `Cite: ${citation}`,
    ].join('\n');
    return { text, json: { name, folder, downloaded: fresh, terms, citation } };
  },
};
