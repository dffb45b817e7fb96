/** Hooks that run before the routes: security headers, bearer token, rate limit, and 503 under overload. */
import { createHash, timingSafeEqual } from 'node:crypto';
import bearerAuth from '@fastify/bearer-auth';
import helmet from '@fastify/helmet';
import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import { type FastifyInstance, fastify } from 'fastify';
import { RecdistillError } from '../errors.js';
import type { Metrics } from './metrics.js';
import type { ServeOptions } from './options.js';
import { countRequest, type RateTable, WINDOW } from './rate-table.js';
import { sincePrepared } from './served.js';

/** Seconds after which a client may retry after 503. */
export const RETRY_AFTER = 1;

/**
 * Sets security headers on every response. helmet computes them once, because doing it for every request takes a tenth
 * of the request's time. The pages of the server contain styles but no scripts.
 */
export async function setHeaders(app: FastifyInstance): Promise<void> {
  const probe = fastify();
  await probe.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'unsafe-inline'"],
        frameAncestors: ["'none'"],
        formAction: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // The server speaks plain HTTP. A TLS proxy in front of it decides about this header.
    strictTransportSecurity: false,
    // Covered by the policy above, or only for obsolete browsers.
    xFrameOptions: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    originAgentCluster: false,
  });
  probe.get('/', (_request, reply) => reply.code(204).send());
  const { headers } = await probe.inject('/');
  await probe.close();
  const { date: _, connection: __, ...security } = headers;
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(security);
    done();
  });
}

/** Rejects requests without the token (401). Tokens are compared in constant time. */
export async function requireToken(app: FastifyInstance, token: string): Promise<void> {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  await app.register(bearerAuth, {
    keys: [],
    auth: (given) => timingSafeEqual(digest(given), expected),
    addHook: false,
    verifyErrorLogLevel: 'debug',
  });
  app.addHook('onRequest', (request, reply, done) =>
    app.verifyBearerAuth!(request, reply, (error) => {
      if (!error) return done();
      const problem = request.headers.authorization ? 'the token is wrong' : 'the token is missing';
      reply.header('www-authenticate', 'Bearer');
      done(new RecdistillError('not-allowed', { problem }));
    }),
  );
}

/** Answers 429 to addresses that send more than `most` requests per second. */
export async function limitRate(app: FastifyInstance, most: number, table: RateTable): Promise<void> {
  class SharedStore implements FastifyRateLimitStore {
    incr(address: string, done: (error: Error | null, result: { current: number; ttl: number }) => void): void {
      const now = Date.now();
      done(null, { current: countRequest(table, address, now), ttl: WINDOW - (now % WINDOW) });
    }
    child(): FastifyRateLimitStore {
      return this;
    }
  }
  await app.register(rateLimit, {
    global: false,
    max: most,
    timeWindow: WINDOW,
    store: SharedStore,
    errorResponseBuilder: () =>
      new RecdistillError('too-many-requests', { most, window: 'a second', after: 'a second' }),
  });
  // A hook of this scope, not of its routes: it runs before the token check, so that tokens cannot be guessed quickly.
  app.addHook('onRequest', app.rateLimit());
}

/** Milliseconds over which the waiting time is averaged. */
const WATCHED = 1000;

/**
 * Answers 503 while requests wait for this thread longer than `maxDelay` milliseconds on average. The pause during a
 * reload does not count as overload: requests that waited for it are answered.
 */
export async function shedLoad(app: FastifyInstance, { maxDelay }: ServeOptions, metrics: Metrics): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: maxDelay,
    sampleInterval: WATCHED,
    async pressureHandler(_request, _reply, _type, value) {
      // Not finite means that nothing has been measured yet.
      if (!Number.isFinite(value) || sincePrepared() < 2 * WATCHED) return;
      metrics.refused('delay');
      throw new RecdistillError('overloaded', { problem: `requests wait ${Math.round(value!)} ms on average` });
    },
  });
}
