/** Routes for recommendations and similar items. */
import type { FastifyInstance } from 'fastify';
import { aboutBundle } from './about.js';
import { answerTo, inBatch } from './answer.js';
import type { Metrics } from './metrics.js';
import type { Pending } from './pending.js';
import { answers, type Checked, jsonSchema, type RequestSchemas } from './schemas.js';
import type { Holder } from './served.js';

/** The possible responses of a route, as JSON Schema. */
export const responses = (ok: keyof typeof answers, ...failures: readonly number[]): Record<number, object> => ({
  200: jsonSchema(answers[ok]),
  ...Object.fromEntries(failures.map((status) => [status, jsonSchema(answers.error)])),
});

export interface RouteParts {
  readonly holder: Holder;
  readonly schemas: RequestSchemas;
  readonly metrics: Metrics;
  readonly pending: Pending;
}

export function addRoutes(app: FastifyInstance, { holder, schemas, metrics, pending }: RouteParts): void {
  // 422: a user is named, but the student has no users.
  const failures = [400, 401, 422, 429, 503];

  app.get<{ Params: Checked<'userParams'>; Querystring: Checked<'listQuery'> }>(
    '/v1/users/:user/recommendations',
    {
      schema: {
        summary: 'The best items for a user, or popular items for an unknown user',
        params: schemas.userParams,
        querystring: schemas.listQuery,
        response: responses('list', ...failures),
      },
    },
    ({ params, query }) => {
      const served = holder.current;
      const answer = answerTo(served, params, query);
      metrics.listed(answer.basis);
      return { ...answer, bundle: served.id };
    },
  );

  app.post<{ Body: Checked<'listBody'> }>(
    '/v1/recommendations',
    {
      schema: {
        summary: 'The best items for a user, or for a new user by the items they have',
        querystring: schemas.noQuery,
        body: schemas.listBody,
        response: responses('list', ...failures, 413, 415),
      },
    },
    ({ body }) => {
      const served = holder.current;
      const answer = answerTo(served, body, body);
      metrics.listed(answer.basis);
      return { ...answer, bundle: served.id };
    },
  );

  app.post<{ Body: Checked<'batchBody'> }>(
    '/v1/recommendations/batch',
    {
      schema: {
        summary: 'Lists for many users in one request',
        querystring: schemas.noQuery,
        body: schemas.batchBody,
        response: responses('batch', ...failures, 413, 415),
      },
    },
    async ({ body }) => {
      const served = holder.current;
      const lists = await pending.map(body.requests, (asked, place) => {
        const answer = inBatch(place, () => answerTo(served, asked, body));
        metrics.listed(answer.basis);
        return answer;
      });
      return { bundle: served.id, answers: lists };
    },
  );

  app.get<{ Params: Checked<'itemParams'>; Querystring: Checked<'similarQuery'> }>(
    '/v1/items/:item/similar',
    {
      schema: {
        summary: 'The items most similar to an item',
        params: schemas.itemParams,
        querystring: schemas.similarQuery,
        response: responses('similar', ...failures, 404),
      },
    },
    ({ params: { item }, query: { k, exclude } }) => {
      const served = holder.current;
      const similar = served.student.similarItems(item, { k, ...(exclude && { exclude }) });
      metrics.listed('similar');
      return { item, bundle: served.id, similar };
    },
  );

  app.get(
    '/v1/bundle',
    {
      schema: {
        summary: 'The bundle that is served',
        querystring: schemas.noQuery,
        response: responses('bundle', ...failures),
      },
    },
    () => aboutBundle(holder.current),
  );
}
