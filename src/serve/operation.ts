/** Routes for operators: health, readiness, metrics, reload, the OpenAPI document and its page. */
import type { FastifyInstance } from 'fastify';
import { metricsType } from './metrics.js';
import { pageOf } from './page.js';
import { responses } from './routes.js';
import { answers, jsonSchema, type RequestSchemas } from './schemas.js';

/** Operations of the whole server. An app may be one of several threads and cannot do them alone. */
export interface Operations {
  /** Loads the bundle that is now on disk and serves it. Resolves to the response of `/v1/reload`. */
  reload(): Promise<object>;
  /** The text for Prometheus. */
  metricsText(): Promise<string>;
  /** True once shutdown has begun. */
  stopping(): boolean;
}

/** For load balancers. No token is required. */
export function addHealth(app: FastifyInstance, { stopping }: Operations): void {
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
    (_request, reply) => (stopping() ? reply.code(503).send({ status: 'stopping' }) : { status: 'ok' }),
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
        response: responses('bundle', 401, 422, 429),
      },
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
