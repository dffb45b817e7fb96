import { cancelQueued } from '../../experiment/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { addressOf, queueGroup } from './queue-flags.js';

export const queueCancel: CommandBody = {
  about:
    'Jobs that wait are removed; jobs that run stop at their next checkpoint. The commands that wait for them end with an error. Nothing in the store is deleted: the same command continues.',
  args: [{ name: 'PLAN', help: 'Name of a plan, or name or id of a job. Default: everything.' }],
  groups: [queueGroup],
  examples: [
    ['queue cancel demo', 'the plan demo, for all who wait for it'],
    ['queue cancel', 'everything'],
  ],
  async run(given, console) {
    const result = await cancelQueued({ address: addressOf(given), say: console.say }, given.args[0]);
    const { removed, stopping } = result;
    return {
      text: `${removed.length} waiting jobs removed, ${stopping.length} running jobs stop at their next checkpoint.`,
      json: result,
    };
  },
};
