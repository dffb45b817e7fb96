/** Opens the socket of an application, and closes it gracefully: requests in progress are answered. */
import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { fail } from '../errors.js';

/** The most frequent reasons why listening fails. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program is listening there',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have this address',
  ENOTFOUND: 'the host name does not exist',
};

export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Starts to listen, at an address or on an open socket.
 * @returns the port
 * @throws RecdistillError `cannot-listen`
 */
export async function listen(server: Server, where: Place | { readonly fd: number }): Promise<number> {
  try {
    server.listen(where as ListenOptions);
    await once(server, 'listening');
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    return fail('cannot-listen', { host: 'socket', port: 'fd', ...where, problem: reasons[code] ?? message }, cause);
  }
  return (server.address() as AddressInfo).port;
}

/** Stops accepting connections, waits at most `grace` seconds for open requests, and closes. */
export async function closeApp(app: FastifyInstance, grace: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), 1000 * grace);
  // Connections that are busy now are closed after their response.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
    clearInterval(sweep);
  }
}

/** The URL of the server. */
export const urlOf = ({ host, port }: Place): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
