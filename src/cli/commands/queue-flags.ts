/** The queue of the commands that work on one: the address may come from the environment. */
import { type QueueAddress, queueAddress } from '../../experiment/index.js';
import { options, text } from '../../options/options.js';
import type { Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group } from '../terminal/groups.js';

export const queueGroup = group(
  'Queue',
  'queue',
  options({
    queue: text({
      default: 'env',
      help: 'Address of the Redis, such as redis://host:6379 or rediss://:PASSWORD@host:6379. env: the address in the variable RECDISTILL_QUEUE.',
    }),
  }),
);

/** @throws RecdistillError `bad-option`, which does not repeat a password */
export const addressOf = (given: Given): QueueAddress => queueAddress(readOptions(queueGroup, given).queue);
