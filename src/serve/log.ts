/** The log of a server: JSON lines on stderr. Ids of users and items are left out by default. */
import type { FastifyRequest } from 'fastify';
import type { ServeOptions } from './options.js';

/** Options of fastify's logger. */
export function loggerOf({ log, logIds }: ServeOptions) {
  if (log === 'silent') return false as const;
  return {
    level: log,
    stream: process.stderr,
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        // The pattern of the route, such as /v1/users/:user/recommendations. Paths and queries contain ids.
        url: logIds ? request.url : (request.routeOptions.url ?? '(no route)'),
        host: request.host,
        remoteAddress: request.ip,
      }),
    },
  };
}
