/**
 * An open port that nobody accepts connections from. It is passed to processes, which do. As long as it is kept here, connections
 * wait in the queue of the system while no such process runs.
 */
import { lookup } from 'node:dns/promises';
import net, { isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { RecdistillError } from '../../errors.js';
import { cannotListen, type Place } from '../listen.js';

export interface OpenSocket {
  readonly port: number;
  /** The file descriptor, for a child process to inherit. */
  readonly fd: number;
  close(): void;
}

/** What Node calls a handle: a socket below `net.Server`. */
interface Handle {
  readonly fd: number;
  getsockname(into: { port?: number }): number;
  close(): void;
}

/** Node's cluster module uses it for the same purpose. It has no public name, and the public `listen` would accept connections. */
type CreateHandle = (address: string, port: number, family: 4 | 6, fd: undefined, flags: number) => Handle | number;

/**
 * Opens a port. It can be connected to once a process listens on its file descriptor.
 * @throws RecdistillError `cannot-listen`
 */
export async function openSocket(place: Place): Promise<OpenSocket> {
  const { _createServerHandle: create } = net as unknown as { _createServerHandle?: CreateHandle };
  if (create === undefined) {
    const problem = 'this version of Node cannot open a port for several processes';
    throw new RecdistillError('server-failed', { problem });
  }
  const { address } = await lookup(place.host).catch((cause: unknown) => cannotListen(place, cause));
  const handle = create(address, place.port, isIPv6(address) ? 6 : 4, undefined, 0);
  if (typeof handle === 'number') return cannotListen(place, errorOf(handle));
  const name: { port?: number } = {};
  const failed = handle.getsockname(name);
  if (failed !== 0 || name.port === undefined) {
    handle.close();
    return cannotListen(place, errorOf(failed));
  }
  return { port: name.port, fd: handle.fd, close: () => handle.close() };
}

const errorOf = (number: number): NodeJS.ErrnoException => {
  const code = getSystemErrorName(number);
  return Object.assign(new Error(code), { code });
};
