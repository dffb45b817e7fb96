/** The options of the server, declared once: flags of `serve`, parameters of the library, the page of options. */

import { fail } from '../errors.js';
import { choice, flag, int, type OptionsOf, optionalText, options, parseOptions, text } from '../options/options.js';

export const logLevels = ['silent', 'error', 'warn', 'info'] as const;

export const serveOptions = options({
  host: text({ default: '127.0.0.1', help: 'Address to listen on. The default is reached from this machine only.' }),
  port: int({ default: 8080, min: 0, max: 65_535, help: 'Port to listen on; 0 takes any that is free.' }),
  workers: int({
    default: 1,
    min: 1,
    max: 64,
    help: 'Threads that answer requests; they share the weights in memory.',
  }),
  maxK: int({ default: 200, min: 1, max: 10_000, help: 'Longest list that may be asked for.' }),
  maxBatch: int({ default: 256, min: 1, max: 10_000, help: 'Most lists in one batch.' }),
  maxItems: int({
    default: 1000,
    min: 1,
    max: 100_000,
    help: 'Most items in a history, and most to exclude or to rank.',
  }),
  bodyLimit: int({ default: 262_144, min: 1024, max: 67_108_864, help: 'Largest body of a request, in bytes.' }),
  maxPending: int({
    default: 4096,
    min: 1,
    help: 'Lists of batches that a worker has in hand; beyond them it answers 503.',
  }),
  maxDelay: int({
    default: 500,
    min: 0,
    max: 60_000,
    help: 'Milliseconds that requests may wait for a worker on average before it answers 503; 0 for no bound.',
  }),
  maxConnections: int({
    default: 4096,
    min: 1,
    max: 1_000_000,
    help: 'Open connections of a worker; more are refused.',
  }),
  requestTimeout: int({
    default: 10_000,
    min: 100,
    max: 600_000,
    help: 'Milliseconds that a client may take to send a request.',
  }),
  rateLimit: int({ default: 0, min: 0, max: 1_000_000, help: 'Requests per second from one address; 0 for no limit.' }),
  trustProxy: flag({
    default: false,
    help: 'Take the address of clients from X-Forwarded-For, as a proxy in front sets it.',
  }),
  tokenFile: optionalText({
    help: 'File with the bearer token that requests must carry. Without it RECDISTILL_TOKEN is taken, if it is set.',
  }),
  log: choice(logLevels, {
    default: 'warn',
    help: 'What goes to the log, JSON lines on stderr; info has a line for each request.',
  }),
  grace: int({ default: 10, min: 0, max: 3600, help: 'Seconds that open requests may take to end at shutdown.' }),
});

export type ServeOptions = OptionsOf<typeof serveOptions>;

/**
 * Checks options and fills in the defaults.
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
