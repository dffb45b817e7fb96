import { serveQueue } from '../../experiment/index.js';
import { int, optionalFloat, options, text, words } from '../../options/options.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, machineGroup, machineOf } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { addressOf, queueGroup } from './queue-flags.js';

const workerGroup = group(
  'Worker',
  'worker',
  options({
    store: text({ default: 'runs', help: 'The folder of runs that all machines share.' }),
    jobs: int({
      default: 1,
      min: 1,
      max: 64,
      help: 'Number of jobs that run at the same time, each in a process of its own. Threads and memory are divided between them. Results do not depend on it.',
    }),
    only: words({ default: [], help: 'Kinds of jobs that are taken, such as train or search,part. Default: all.' }),
    untilIdle: optionalFloat({ min: 0, help: 'End after so many seconds without a job. Default: work until stopped.' }),
  }),
);

export const worker: CommandBody = {
  about: [
    'Any number of workers on any machines serve a queue. All of them, and the commands that plan, need the same folder of runs.',
    'SIGTERM or Ctrl-C stops at the next checkpoint; another worker continues the job. docs/machines.md has the details.',
  ].join('\n'),
  args: [],
  groups: [queueGroup, workerGroup, machineGroup],
  examples: [
    ['worker --queue redis://host:6379 --store /mnt/runs', 'work for all plans of this queue and folder'],
    [
      'worker --queue env --store /mnt/runs --jobs 2 --threads 8 --memory-limit 16GB',
      'two jobs of four threads at a time',
    ],
    ['worker --store /mnt/runs --only part --until-idle 60', 'only parts; end when there are none for a minute'],
  ],
  async run(given, console) {
    const { store, jobs, only, untilIdle } = readOptions(workerGroup, given);
    const address = addressOf(given);
    const result = await interruptible(console.say, (signal) =>
      serveQueue({
        ...{ address, store, jobs, untilIdle, signal, say: console.say, ...machineOf(given) },
        only: only.length === 0 ? undefined : only,
      }),
    );
    const { done, failed, returned } = result;
    return { text: `${done} jobs done, ${failed} failed, ${returned} given back.`, json: result };
  },
};
