/** The options of the server, declared once for the command `serve`, the library and the documentation. */

import { pairOptions } from '../data/pair-options.js';
import { fail } from '../errors.js';
import {
  choice,
  flag,
  int,
  type OptionsOf,
  optionalInt,
  optionalText,
  options,
  ownOptions,
  parseOptions,
  text,
  words,
} from '../options/options.js';
import { trustOf } from './proxies.js';

export const logLevels = ['silent', 'error', 'warn', 'info'] as const;

export const serveOptions = options({
  host: text({ default: '127.0.0.1', help: 'Address to listen on. The default is reachable from this machine only.' }),
  port: int({ default: 8080, min: 0, max: 65_535, help: 'Port to listen on. 0 chooses any free port.' }),
  workers: int({
    default: 1,
    min: 1,
    max: 64,
    help: 'Number of threads that answer requests. They share the model parameters in memory.',
  }),
  histories: optionalText({
    help: 'For a bundle without histories: file of user and item rows, such as CSV or Parquet. Requests may then name these users, and what they have is excluded. A reload reads it again.',
  }),
  ...pairOptions.shape,
  maxK: int({ default: 200, min: 1, max: 10_000, help: 'Maximum length of a list.' }),
  maxBatch: int({ default: 256, min: 1, max: 10_000, help: 'Maximum number of lists in one batch.' }),
  maxItems: int({
    default: 1000,
    min: 1,
    max: 100_000,
    help: 'Maximum number of items in each list of a request: history, items to exclude, candidates.',
  }),
  bodyLimit: int({ default: 262_144, min: 1024, max: 67_108_864, help: 'Maximum size of a request body in bytes.' }),
  maxPending: int({
    default: 4096,
    min: 1,
    help: 'Maximum number of pending lists of batches per worker. Beyond it, the worker answers 503.',
  }),
  maxDelay: int({
    default: 500,
    min: 0,
    max: 60_000,
    help: 'Maximum average waiting time of requests in milliseconds. Beyond it, the worker answers 503. 0 means no limit.',
  }),
  maxBuffered: int({
    default: 64,
    min: 1,
    max: 65_536,
    help: 'Maximum size of request bodies that arrive and answers that wait to be read, per worker, in MB. Beyond it, clients that do not read or send for a second are disconnected, and the worker answers 503.',
  }),
  maxHeap: optionalInt({
    min: 16,
    max: 1_048_576,
    help: 'Heap of a worker in MB from which on it answers 503. Default: 85 % of the heap limit of Node.',
  }),
  maxRss: int({
    default: 0,
    min: 0,
    max: 1_048_576,
    help: 'Resident memory of the process in MB from which on it answers 503. 0 means no limit.',
  }),
  maxConnections: int({
    default: 4096,
    min: 1,
    max: 1_000_000,
    help: 'Maximum number of open connections per worker. More are refused.',
  }),
  requestTimeout: int({
    default: 10_000,
    min: 100,
    max: 600_000,
    help: 'Maximum time for a client to send a request, in milliseconds.',
  }),
  rateLimit: int({
    default: 0,
    min: 0,
    max: 1_000_000,
    help: 'Maximum number of requests per second from one address. 0 means no limit.',
  }),
  trustProxy: optionalText({
    help: 'Proxies whose header X-Forwarded-For names the client: their number (1), or their addresses (10.0.0.0/8,loopback).',
  }),
  allowedHosts: words({
    default: [],
    help: 'Host names that requests may ask for, without port; * means any. Default: localhost, 127.0.0.1 and ::1 if the server listens on such an address, otherwise any.',
  }),
  tokenFile: optionalText({
    help: 'File with the bearer token that requests must carry. Default: the environment variable RECDISTILL_TOKEN, if set.',
  }),
  log: choice(logLevels, {
    default: 'warn',
    help: 'Log level of the JSON lines on stderr. info logs every request.',
  }),
  logIds: flag({ default: false, help: 'Log paths and queries of requests, which contain ids of users and items.' }),
  healthPort: optionalInt({
    min: 0,
    max: 65_535,
    help: 'Another port for /health, /ready and /metrics, answered by a thread of its own even if the workers are busy. 0 chooses any free port. Default: none.',
  }),
  hangTimeout: int({
    default: 30,
    min: 1,
    max: 3600,
    help: 'A process that does not respond for this many seconds counts as hung: /health of the health port answers 503, and with several workers it is killed and started again.',
  }),
  drain: int({
    default: 0,
    min: 0,
    max: 3600,
    help: 'Time at shutdown during which /ready answers 503 and requests are still accepted, in seconds.',
  }),
  grace: int({
    default: 10,
    min: 0,
    max: 3600,
    help: 'Maximum time for open requests to finish at shutdown, in seconds.',
  }),
});

export type ServeOptions = OptionsOf<typeof serveOptions>;

/**
 * Validates options and fills in the defaults.
 * @throws RecdistillError `unknown-option`, `bad-option`
 */
export function parseServeOptions(given: Partial<ServeOptions>): ServeOptions {
  const parsed = parseOptions(serveOptions, given, 'serve');
  if (parsed.histories === undefined) refuseReading(parsed);
  if (parsed.maxPending < parsed.maxBatch) {
    const expected = `at least maxBatch, ${parsed.maxBatch}`;
    fail('bad-option', { owner: 'serve', option: 'maxPending', given: parsed.maxPending, expected });
  }
  if (parsed.healthPort === parsed.port && parsed.port !== 0) {
    const expected = `another port than port, ${parsed.port}, or 0 for any free port`;
    fail('bad-option', { owner: 'serve', option: 'healthPort', given: parsed.healthPort, expected });
  }
  trustOf(parsed.trustProxy);
  return parsed;
}

/** Options of reading a file change nothing without one. @throws RecdistillError `usage` */
function refuseReading(parsed: ServeOptions): void {
  const defaults: Readonly<Record<string, unknown>> = parseOptions(pairOptions, {}, 'serve');
  const given = ownOptions(pairOptions, parsed);
  const unused = Object.keys(pairOptions.shape).find(
    (name) => JSON.stringify(given[name]) !== JSON.stringify(defaults[name]),
  );
  if (unused)
    fail('usage', {
      problem: `serve has the option "${unused}", but no file to read`,
      hint: 'Give --histories FILE, or leave the option out.',
    });
}
