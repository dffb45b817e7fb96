/** The HTTP application of one thread: routes, validation and guards around a student. It does not listen yet. */
import type { RequestListener } from 'node:http';
import swagger from '@fastify/swagger';
import { type FastifyInstance, type FastifyReply, fastify, LogController } from 'fastify';
import { z } from 'zod';
import { RecdistillError } from '../errors.js';
import { packageVersion } from '../formats/package-version.js';
import { createRoutes, type Routes } from './allowed-methods.js';
import { limitBodies } from './bodies.js';
import { createBudget } from './budget.js';
import { type Connections, createConnections } from './connections.js';
import { badRequest, failureOf } from './failures.js';
import {
  checkHost,
  limitBytes,
  limitRate,
  RETRY_AFTER,
  refuseCodedBodies,
  requireToken,
  setHeaders,
  shedLoad,
} from './guards.js';
import { loggerOf } from './log.js';
import type { Metrics } from './metrics.js';
import { addHealth, addOperation, type Operations } from './operation.js';
import type { ServeOptions } from './options.js';
import { createPending } from './pending.js';
import { trustOf } from './proxies.js';
import type { RateTable } from './rate-table.js';
import { addRoutes } from './routes.js';
import { ID_LENGTH, jsonSchema, requestSchemas } from './schemas.js';
import type { Holder } from './served.js';

export interface AppParts {
  readonly options: ServeOptions;
  readonly holder: Holder;
  readonly metrics: Metrics;
  readonly operations: Operations;
  readonly rates: RateTable;
  /** The bearer token that requests must carry. Absent for a server without authentication. */
  readonly token?: string;
}

export interface App {
  readonly app: FastifyInstance;
  /** The connections of its server. */
  readonly connections: Connections;
}

/** Creates the application, ready for `inject` or for listening on its `server`. */
export async function createApp({ options, holder, metrics, operations, rates, token }: AppParts): Promise<App> {
  const logged = options.log === 'info';
  const trust = trustOf(options.trustProxy);
  const budget = createBudget(
    options.maxBuffered * 1e6,
    () => metrics.refused('unread'),
    () => performance.now(),
  );
  const connections = createConnections((socket) => budget.release(socket));
  const app = fastify({
    bodyLimit: options.bodyLimit,
    ...(trust && { trustProxy: trust }),
    requestTimeout: options.requestTimeout,
    // Longer than the idle timeout of common proxies, which could otherwise reuse a connection that is being closed.
    keepAliveTimeout: 75_000,
    connectionTimeout: Math.max(30_000, 2 * options.requestTimeout),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: !logged }),
    // A child logger per request only adds the request id, and most requests log nothing.
    ...(!logged && { childLoggerFactory: (logger) => logger }),
    logger: loggerOf(options),
    // An id of Unicode characters is up to twelve times as long when encoded in a path.
    routerOptions: { maxParamLength: 12 * ID_LENGTH },
    http: { headersTimeout: options.requestTimeout, connectionsCheckingInterval: 1000, maxHeaderSize: 32_768 },
    frameworkErrors: (error, _request, reply) => void sendFailure(error, reply, options),
    clientErrorHandler({ code }, socket) {
      connections.end(socket, responses.get(code) ?? malformed);
    },
  });
  app.server.maxConnections = options.maxConnections;
  // Both node:http and fastify call it at shutdown, and it would cut answers that are not sent yet. `closeApp` ends connections.
  app.server.closeIdleConnections = () => undefined;
  const handle = app.server.listeners('request') as RequestListener[];
  app.server.removeAllListeners('request');
  connections.follow(app.server, handle[0]!);
  // A body that is not JSON gets 415. The only other type that fastify reads is plain text.
  app.removeContentTypeParser('text/plain');
  const routes = createRoutes();
  app.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  app.setValidatorCompiler(({ schema, httpPart }) => (value: unknown) => {
    const wanted = schema as unknown as z.ZodType;
    const checked = wanted.safeParse(value);
    if (checked.success) return { value: checked.data };
    return { error: badRequest(checked.error, wanted, partNames[httpPart ?? ''] ?? 'request', value) };
  });
  limitBodies(app, options.bodyLimit);
  app.setErrorHandler((error, _request, reply) => sendFailure(error, reply, options));
  app.setNotFoundHandler(({ method, url }, reply) => sendFailure(notFound(method, url, routes, reply), reply, options));
  app.addHook('onResponse', (request, reply, done) => {
    metrics.answered(request.routeOptions.url ?? 'none', request.method, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  app.addHook('preHandler', ({ raw: { socket } }, reply, done) => {
    // For requests that arrived before the server was closed. fastify handles later ones, those with others behind them, too.
    if (connections.hasWaiting(socket)) reply.raw.removeHeader('connection');
    else if (operations.phase() === 'closing' || connections.isLast(socket)) reply.header('connection', 'close');
    done();
  });
  await setHeaders(app);
  checkHost(app, options);
  refuseCodedBodies(app);
  limitBytes(app, { budget, connections, metrics, most: options.bodyLimit });
  await describe(app, token !== undefined);

  addHealth(app, operations);
  await app.register(async (guarded) => {
    if (options.rateLimit > 0) await limitRate(guarded, options.rateLimit, rates);
    if (token !== undefined) await requireToken(guarded, token);
    const schemas = requestSchemas(options);
    addOperation(guarded, operations, schemas);
    await guarded.register(async (busy) => {
      await shedLoad(busy, options, metrics);
      const pending = createPending(options.maxPending, () => metrics.refused('pending'));
      addRoutes(busy, { holder, schemas, metrics, pending });
    });
  });
  await app.ready();
  return { app, connections };
}

const partNames: Readonly<Record<string, string>> = { params: 'path', querystring: 'query', body: 'body' };

function sendFailure(error: unknown, reply: FastifyReply, { bodyLimit }: ServeOptions): FastifyReply {
  const { status, error: told } = failureOf(error, bodyLimit);
  if (status >= 500 && told.code === 'unexpected') reply.log.error(error);
  if (status === 503) reply.header('retry-after', String(RETRY_AFTER));
  return reply.code(status).send({ error: told });
}

/** The error for a request without a route: 405 if its path has other methods, and 404 otherwise. */
function notFound(method: string, url: string, routes: Routes, reply: FastifyReply): RecdistillError {
  const path = url.split('?')[0]!;
  const shown = path.slice(0, 200);
  const methods = routes.methodsAt(path);
  if (methods.length === 0) return new RecdistillError('no-route', { method, path: shown });
  reply.header('allow', methods.join(', '));
  return new RecdistillError('bad-method', { method, path: shown, allowed: methods.join(', ') });
}

/** Response to bytes that are no request which can be answered. The connection is then closed. */
function refusing(status: string, message: string): string {
  const body = JSON.stringify({ error: { code: 'bad-request', message, hint: 'See /docs.' } });
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const malformed = refusing('400 Bad Request', 'this is not an HTTP request');

/** By the error code of Node.js. */
const responses: ReadonlyMap<unknown, string> = new Map([
  ['HPE_HEADER_OVERFLOW', refusing('431 Request Header Fields Too Large', 'the header of the request is too long')],
  ['ERR_HTTP_REQUEST_TIMEOUT', refusing('408 Request Timeout', 'the request arrived too slowly')],
]);

/** Generates the OpenAPI document from the schemas of the routes. */
async function describe(app: FastifyInstance, secured: boolean): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'recdistill',
        version: packageVersion,
        description:
          'Recommendations from a student bundle. Errors are answered with { "error": { code, message, hint } }.',
      },
      ...(secured && {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }],
      }),
    },
    transform: ({ schema, url }) => ({
      schema: Object.fromEntries(
        Object.entries(schema ?? {}).map(([part, value]) => [
          part,
          value instanceof z.ZodType ? jsonSchema(value) : value,
        ]),
      ),
      url,
    }),
  });
}
