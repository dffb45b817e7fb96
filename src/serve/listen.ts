/** Opens the socket of an application. */
import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
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
    return cannotListen('host' in where ? where : undefined, cause);
  }
  return (server.address() as AddressInfo).port;
}

/** @throws RecdistillError `cannot-listen`. @param where undefined for an open socket */
export function cannotListen(where: Place | undefined, cause: unknown): never {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return fail('cannot-listen', { host: 'socket', port: 'fd', ...where, problem: reasons[code] ?? message }, cause);
}

/** The URL of the server. */
export const urlOf = ({ host, port }: Place): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
