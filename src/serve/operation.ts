/** Routes for operators: health, readiness, metrics, reload, the OpenAPI document and its page. */
import type { FastifyInstance } from 'fastify';
import { RecdistillError } from '../errors.js';
import type { About } from './about.js';
import { metricsType } from './metrics.js';
import { isCrossSite } from './origin.js';
import { pageOf } from './page.js';
import { responses } from './routes.js';
import { answers, jsonSchema, type RequestSchemas } from './schemas.js';

/** `draining`: shutdown has begun, and connections are still accepted. `closing`: they are not. */
export type Phase = 'serving' | 'draining' | 'closing';

/** Operations of the whole server. An app may be one of several threads and cannot do them alone. */
export interface Operations {
  /** Loads the bundle that is now on disk and serves it. Resolves to the response of `/v1/reload`. */
  reload(): Promise<About>;
  /** The text for Prometheus. */
  metricsText(): Promise<string>;
  phase(): Phase;
}

/** For load balancers. No token is required. */
export function addHealth(app: FastifyInstance, { phase }: Operations): void {
  app.get('/health', { schema: { summary: 'Whether the process is alive', response: responses('health') } }, () => ({
    status: 'ok',
  }));
  app.get(
    '/ready',
    {
      schema: {
        summary: 'Whether the server accepts new requests',
        response: { 200: jsonSchema(answers.health), 503: jsonSchema(answers.health) },
      },
    },
    (_request, reply) => (phase() === 'serving' ? { status: 'ok' } : reply.code(503).send({ status: 'stopping' })),
  );
}

export function addOperation(app: FastifyInstance, operations: Operations, schemas: RequestSchemas): void {
  app.get('/metrics', { schema: { summary: 'Metrics for Prometheus' } }, async (_request, reply) =>
    reply.type(metricsType).send(await operations.metricsText()),
  );
  app.post(
    '/v1/reload',
    {
      schema: {
        summary: 'Load and serve the bundle that is now in the folder',
        querystring: schemas.noQuery,
        response: responses('bundle', 401, 403, 415, 422, 429),
      },
      onRequest: (request, _reply, done) =>
        done(isCrossSite(request.raw) ? new RecdistillError('cross-site', {}) : undefined),
    },
    () => operations.reload(),
  );
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  let page: string | undefined;
  app.get('/docs', { schema: { hide: true } }, (_request, reply) => {
    page ??= pageOf(app.swagger());
    return reply.type('text/html; charset=utf-8').send(page);
  });
}
