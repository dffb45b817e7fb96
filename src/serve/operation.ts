/** Routes for those who run the server: health, readiness, metrics, reload, the OpenAPI document and its page. */
import type { FastifyInstance } from 'fastify';
import { metricsType } from './metrics.js';
import { pageOf } from './page.js';
import { responses } from './routes.js';
import { answers, jsonSchema, type RequestSchemas } from './schemas.js';

/** What an app cannot do alone, as it may be one of several threads. */
export interface Operations {
  /** Puts the bundle that is on disk now in place of the present one; the answer of `/v1/reload`. */
  reload(): Promise<object>;
  /** The text for Prometheus. */
  metricsText(): Promise<string>;
  /** True once the server is about to end. */
  stopping(): boolean;
}

/** For load balancers; no token is needed. */
export function addHealth(app: FastifyInstance, { stopping }: Operations): void {
  app.get('/health', { schema: { summary: 'Whether the process is alive', response: responses('health') } }, () => ({
    status: 'ok',
  }));
  app.get(
    '/ready',
    {
      schema: {
        summary: 'Whether new requests should come here',
        response: { 200: jsonSchema(answers.health), 503: jsonSchema(answers.health) },
      },
    },
    (_request, reply) => (stopping() ? reply.code(503).send({ status: 'stopping' }) : { status: 'ok' }),
  );
}

export function addOperation(app: FastifyInstance, operations: Operations, schemas: RequestSchemas): void {
  app.get('/metrics', { schema: { summary: 'Figures for Prometheus' } }, async (_request, reply) =>
    reply.type(metricsType).send(await operations.metricsText()),
  );
  app.post(
    '/v1/reload',
    {
      schema: {
        summary: 'Serve the bundle that is in the folder now',
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
