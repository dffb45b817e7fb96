/** The thread of the health port. It answers from memory only, so that a busy server answers its probes in time. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { RecdistillError } from '../../errors.js';
import { listen } from '../listen.js';
import { metricsType } from '../metrics.js';
import { createHostCheck } from '../origin.js';
import { isToken } from '../token.js';
import { createStatus, createWatch } from './status.js';

/** Start parameters of the thread. */
export interface HealthStart {
  readonly host: string;
  readonly port: number;
  readonly allowedHosts: readonly string[];
  /** Seconds without a sign of life after which the server counts as hung. */
  readonly hangTimeout: number;
  readonly token: string | undefined;
  readonly memory: SharedArrayBuffer;
}

/** What the thread says once: its port, or why it has none. */
export type HealthStarted = { readonly port: number } | { readonly problem: string };

/** What the thread is sent: the text for Prometheus. */
export interface HealthMetrics {
  readonly text: string;
}

const { host, port, allowedHosts, hangTimeout, token, memory } = workerData as HealthStart;
const status = createStatus(memory);
const watch = createWatch(hangTimeout);
const checkHost = createHostCheck(host, allowedHosts);
let hung = false;
let metrics: { readonly text: string; readonly at: number } | undefined;

setInterval(() => {
  hung = watch.look(status.beats) && status.phase === 'serving';
}, 1000);
parentPort!.on('message', ({ text }: HealthMetrics) => {
  metrics = { text, at: Date.now() };
});

interface Answer {
  readonly code: number;
  readonly type?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const json = (code: number, value: object): Answer => ({ code, body: JSON.stringify(value) });
const refusal = ({ status: code, code: name, message, hint }: RecdistillError): Answer =>
  json(code, { error: { code: name, message, hint } });

const answers: Readonly<Record<string, (request: IncomingMessage) => Answer>> = {
  '/health': () => (hung ? json(503, { status: 'hung' }) : json(200, { status: 'ok' })),
  '/ready': () => {
    if (hung) return json(503, { status: 'hung' });
    return status.phase === 'serving' ? json(200, { status: 'ok' }) : json(503, { status: status.phase });
  },
  '/metrics': ({ headers }) => {
    if (token !== undefined && !isToken(headers.authorization, token)) {
      const answer = refusal(new RecdistillError('not-allowed', { problem: 'the token is missing or wrong' }));
      return { ...answer, headers: { 'www-authenticate': 'Bearer' } };
    }
    if (!metrics) return json(503, { status: 'starting' });
    // How old the numbers are. They are renewed every two seconds, unless the workers are too busy.
    const age = String(Math.max(0, Math.round((Date.now() - metrics.at) / 1000)));
    return { code: 200, type: metricsType, body: metrics.text, headers: { age } };
  },
};

function answerTo(request: IncomingMessage): Answer {
  const wrongHost = checkHost(request);
  if (wrongHost) return refusal(wrongHost);
  const { method = '', url = '' } = request;
  const path = url.split('?')[0]!;
  const find = Object.hasOwn(answers, path) ? answers[path] : undefined;
  if (!find) return refusal(new RecdistillError('no-route', { method, path: path.slice(0, 200) }));
  if (method === 'GET' || method === 'HEAD') return find(request);
  const answer = refusal(new RecdistillError('bad-method', { method, path, allowed: 'GET, HEAD' }));
  return { ...answer, headers: { allow: 'GET, HEAD' } };
}

const server = createServer(
  { requestTimeout: 5000, headersTimeout: 5000, keepAliveTimeout: 5000, connectionsCheckingInterval: 1000 },
  (request: IncomingMessage, response: ServerResponse) => {
    const { code, type = 'application/json; charset=utf-8', body, headers = {} } = answerTo(request);
    const length = Buffer.byteLength(body);
    response.writeHead(code, {
      ...headers,
      'content-type': type,
      'content-length': length,
      'cache-control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  },
);
server.maxConnections = 256;
try {
  const opened = await listen(server, { host, port });
  parentPort!.postMessage({ port: opened } satisfies HealthStarted);
} catch (error) {
  const reason = error instanceof RecdistillError ? error.details.problem : error;
  const problem = reason instanceof Error ? reason.message : String(reason);
  parentPort!.postMessage({ problem } satisfies HealthStarted);
  process.exit(0);
}
