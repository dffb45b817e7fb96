import { queueStatus } from '../../experiment/index.js';
import { queueTables } from '../../report/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { addressOf, queueGroup } from './queue-flags.js';

export const queueStatusCommand: CommandBody = {
  args: [],
  groups: [queueGroup],
  examples: [
    ['queue status --queue redis://host:6379', 'workers, plans and jobs'],
    ['queue status --json', 'the same as JSON, of the queue in RECDISTILL_QUEUE'],
  ],
  async run(given, console) {
    const status = await queueStatus({ address: addressOf(given), say: console.say });
    return {
      text: queueTables(status)
        .map((table) => table.toText())
        .join('\n\n'),
      json: status,
    };
  },
};
