/** What stands before the routes: security headers, the bearer token, the rate limit, and 503 where a thread cannot keep up. */
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

/** Seconds after which a client that got 503 may come back. */
export const RETRY_AFTER = 1;

/**
 * Security headers on every answer. helmet says which, once: it would work them out anew for each request, which takes a tenth of its time.
 * The pages of the server have styles and nothing else.
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
    // The server speaks plain HTTP; whoever puts TLS in front decides about this.
    strictTransportSecurity: false,
    // The policy above says the same, or they are for browsers that are gone.
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

/** Requests without the token get 401. The token is compared in a time that does not depend on it. */
export async function demandToken(app: FastifyInstance, token: string): Promise<void> {
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
      const problem = request.headers.authorization ? 'this is not the token of the server' : 'a token is missing';
      reply.header('www-authenticate', 'Bearer');
      done(new RecdistillError('not-allowed', { problem }));
    }),
  );
}

/** Addresses that send more than `most` requests per second get 429. */
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
  // A hook of this scope and not of its routes: it stands before the token, so that tokens cannot be tried out quickly.
  app.addHook('onRequest', app.rateLimit());
}

/** Milliseconds over which the wait for a thread is averaged. */
const WATCHED = 1000;

/**
 * Answers 503 while requests wait for this thread longer than `maxDelay` milliseconds on average. The pause that a new bundle makes is no
 * overload: what waited for it is answered.
 */
export async function relieve(app: FastifyInstance, { maxDelay }: ServeOptions, metrics: Metrics): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: maxDelay,
    sampleInterval: WATCHED,
    async pressureHandler(_request, _reply, _type, value) {
      // Not finite: nothing was measured yet.
      if (!Number.isFinite(value) || sincePrepared() < 2 * WATCHED) return;
      metrics.refused('delay');
      throw new RecdistillError('overloaded', { problem: `requests wait ${Math.round(value!)} ms` });
    },
  });
}
