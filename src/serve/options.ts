/** The options of the server, declared once for the command `serve`, the library and the documentation. */

import { fail } from '../errors.js';
import { choice, flag, int, type OptionsOf, optionalText, options, parseOptions, text } from '../options/options.js';

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
  trustProxy: flag({
    default: false,
    help: 'Read client addresses from the header X-Forwarded-For, which a proxy sets.',
  }),
  tokenFile: optionalText({
    help: 'File with the bearer token that requests must carry. Default: the environment variable RECDISTILL_TOKEN, if set.',
  }),
  log: choice(logLevels, {
    default: 'warn',
    help: 'Log level of the JSON lines on stderr. info logs every request.',
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
  if (parsed.maxPending < parsed.maxBatch) {
    const expected = `at least maxBatch, ${parsed.maxBatch}`;
    fail('bad-option', { owner: 'serve', option: 'maxPending', given: parsed.maxPending, expected });
  }
  return parsed;
}
