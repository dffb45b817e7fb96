/** Parses request bodies within limits. */
import type { FastifyInstance } from 'fastify';
import { RecdistillError } from '../errors.js';
import { JsonProblem, parseJson } from '../student/bounded-json.js';

/** The requests that the server accepts nest four levels. */
const DEPTH = 16;

/**
 * Refuses bodies that are nested too deeply or are not JSON, before the parser of fastify reads them. That one also refuses the
 * key `__proto__`, and `constructor` with `prototype`. The size is limited by `bodyLimit`.
 */
export function limitBodies(app: FastifyInstance, bodyLimit: number): void {
  const limits = { bytes: bodyLimit, depth: DEPTH, values: bodyLimit };
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    try {
      if (body !== '') parseJson(body, limits);
    } catch (cause) {
      const problem = cause instanceof JsonProblem ? cause.message.replace(/^it /, 'the body ') : String(cause);
      return done(new RecdistillError('bad-request', { problem, hint: 'Send one JSON document.' }, cause));
    }
    return parse(request, body, (cause, value) => {
      if (!cause || body === '') return done(cause, value);
      const problem = 'the body has a key "__proto__", or a key "constructor" with "prototype", which are not taken';
      done(new RecdistillError('bad-request', { problem, hint: 'Leave that key out.' }, cause));
    });
  });
}
