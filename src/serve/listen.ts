/** The socket of an application: opening it, and closing it without breaking off what is being answered. */
import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { fail } from '../errors.js';

/** What the operating system says most often when a port cannot be had. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host name',
};

export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Starts to listen, at a place or on a socket that is open already.
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

/** Stops to take connections, lets open requests end for `grace` seconds at most, and closes. */
export async function closeApp(app: FastifyInstance, grace: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), 1000 * grace);
  // Connections that were busy at first are closed once their answer is out.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
    clearInterval(sweep);
  }
}

/** The address for people and programs. */
export const urlOf = ({ host, port }: Place): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
