import { pairOptions } from '../../data/index.js';
import { counted, formatCount } from '../../report/format.js';
import type { Serving } from '../../serve/index.js';
import { parseServeOptions, serveOptions } from '../../serve/options.js';
import { isLoopback } from '../../serve/origin.js';
import type { CommandBody, Console } from '../terminal/_command.js';
import { failureOf } from '../terminal/failure.js';
import { readOptions, withFlagNames } from '../terminal/flags.js';
import { group, runsGroup } from '../terminal/groups.js';
import { bundleFolderOf, noHistories } from './recommendations.js';

const serveGroup = {
  ...group('Server', 'serve', serveOptions),
  apart: { title: 'Reading --histories', names: Object.keys(pairOptions.shape) },
};

export const serveCommand: CommandBody = {
  about: [
    'RUN is a run with a student bundle (by name or folder), or the folder of a bundle. The training data is not needed.',
    'SIGHUP or POST /v1/reload loads the bundle again. Ctrl-C (SIGTERM) finishes open requests and stops the server.',
    'The page /docs describes the requests. See also docs/serving.md.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Run or bundle.', required: true }],
  ownSignals: true,
  groups: [serveGroup, runsGroup],
  examples: [
    ['serve small', 'on http://127.0.0.1:8080'],
    ['serve demo/student-hetcomp --port 9000 --workers 2', 'on another port, with two worker threads'],
    ['serve public --histories clicks.parquet', 'a student without users, which answers for the users of a file'],
    ['serve public --histories clicks.csv --user customer --item product', 'a file whose columns have other names'],
    ['serve small --workers 4 --health-port 9001 --drain 10 --trust-proxy 1', 'behind one load balancer'],
    [
      'serve small --host 0.0.0.0 --token-file /run/secrets/token --rate-limit 100',
      'accept requests from other machines',
    ],
  ],
  async run(given, console) {
    const options = withFlagNames(() => parseServeOptions(readOptions(serveGroup, given)));
    const { runs } = readOptions(runsGroup, given);
    const folder = bundleFolderOf(given.args[0]!, runs);
    // Loaded here, so that other commands start faster.
    const { serve } = await import('../../serve/index.js');
    const serving = await serve(folder, options);
    const { url, healthUrl } = serving;
    // A signal may come as soon as the address is known.
    const stopped = untilStopped(serving, console);
    if (!isLoopback(options.host) && options.tokenFile === undefined && !process.env.RECDISTILL_TOKEN) {
      console.say('WARNING: other machines can reach this server without a token. See --token-file.');
    }
    for (const line of historyLines(serving.bundle)) console.say(line);
    console.say(`Serving ${folder} on ${url} (requests: ${url}/docs). Ctrl-C stops the server.`);
    if (healthUrl !== undefined) console.say(`Health: ${healthUrl}/health`);
    await stopped;
    return { text: `Stopped serving ${folder}.`, json: { bundle: folder, url, stopped: true } };
  },
};

/** What is known of the items that users have. */
function historyLines({ kind, histories }: Serving['bundle']): string[] {
  const { from, users = 0, trainedUsers, interactions = 0, unknownItems = 0, notes = [] } = histories;
  if (from === 'none' && kind === 'users-and-items') return [noHistories];
  if (from !== 'file') return [];
  const trained =
    trainedUsers === undefined ? '' : `, ${formatCount(trainedUsers)} of them with a vector in the bundle`;
  const known = `${counted(interactions, 'interaction')} with items that the student knows`;
  const unknown = unknownItems === 0 ? '' : `; left out: ${counted(unknownItems, 'item')} that it does not know`;
  return [
    ...notes.map((note) => `Histories: ${note}.`),
    `Histories: ${counted(users, 'user')}${trained}, ${known}${unknown}.`,
  ];
}

/** Waits for SIGINT or SIGTERM, then closes the server. A second signal ends the process immediately. SIGHUP reloads. */
async function untilStopped(serving: Serving, console: Console): Promise<void> {
  const stop = () => {
    console.say('\nFinishing open requests. Press Ctrl-C again to stop immediately.');
    release();
    void serving.close();
  };
  const reload = () => {
    serving.reload().then(
      (bundle) => {
        for (const line of historyLines(bundle)) console.say(line);
        console.say('Loaded the bundle again.');
      },
      (error: unknown) => {
        const { message, hint } = failureOf(error);
        process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
      },
    );
  };
  const release = () => {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', reload);
  try {
    await serving.ended;
  } finally {
    release();
    process.removeListener('SIGHUP', reload);
  }
}
