import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Verified, verify } from '../../library/index.js';
import { verifiedTable } from '../../report/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { runsGroup } from '../terminal/groups.js';
import { noRun } from './runs.js';

export const verifyCommand: CommandBody = {
  about: [
    'PATH is a run (by name or folder), a student bundle, a split, an exported folder, or a folder with any of these, such as runs.',
    'Checked are all files against their checksums and sizes, that parameters are finite, and that the files fit each other and their manifest.',
    'Nothing is changed. The exit code is 1 if something is damaged. A run that is not finished is no damage.',
  ].join('\n'),
  args: [{ name: 'PATH', help: 'What to check.', required: true, many: true }],
  groups: [runsGroup],
  examples: [
    ['verify runs', 'everything in the folder of runs'],
    ['verify small ./exported', 'a run and an exported folder'],
  ],
  async run(given) {
    const { runs } = readOptions(runsGroup, given);
    const found: Verified[] = [];
    for (const name of given.args) {
      const path = [name, join(runs, name)].find((candidate) => existsSync(candidate)) ?? noRun(name, runs);
      for (const one of await verify(path)) found.push(one);
    }
    const failed = found.some(({ state }) => state === 'damaged');
    return { text: verifiedTable(found).toText(), json: { found }, failed };
  },
};
