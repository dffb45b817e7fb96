import { catalog, getDataset, locate } from '../../data/index.js';
import type { CommandBody } from '../terminal/_command.js';

export const dataGet: CommandBody = {
  about:
    'A data set that is already on this machine is not downloaded again. `data list` shows which ones can be downloaded.',
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
      fresh ? `${name} is in ${folder}; size and SHA-256 were verified.` : `${name} is already in ${folder}.`,
      `Terms: ${terms}`,
      `Cite: ${citation}`,
    ].join('\n');
    return { text, json: { name, folder, downloaded: fresh, terms, citation } };
  },
};
