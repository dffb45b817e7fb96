/** Connections on which bytes of any kind are written, and random choices from a seed. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Raw {
  readonly socket: Socket;
  /** Resolves to all that came, once the connection is closed. */
  readonly closed: Promise<string>;
}

/** @param reading false for a client that never reads */
export async function openRaw(port: number, reading = true): Promise<Raw> {
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  if (reading)
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return { socket, closed };
}

/**
 * Sends bytes, and resolves to all that comes back until the server closes the connection.
 * @param o `halfClose` closes the own side after the bytes, so that the server does not wait for more of them
 * @throws if the server does not close it within a minute
 */
export async function talk(port: number, bytes: string | Buffer, { halfClose = false } = {}): Promise<string> {
  const { socket, closed } = await openRaw(port);
  const timer = setTimeout(() => socket.destroy(new Error('the connection stays open')), 60_000);
  const late = once(socket, 'error').then(([error]) => Promise.reject(error as Error));
  late.catch(() => undefined);
  socket.write(bytes);
  if (halfClose) socket.end();
  const got = await Promise.race([closed, late]).finally(() => clearTimeout(timer));
  return got;
}

export const get = (path: string, headers: readonly string[] = []): string =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');

export function post(path: string, body: unknown, headers: readonly string[] = []): string {
  const text = JSON.stringify(body);
  const length = `Content-Length: ${Buffer.byteLength(text)}`;
  const head = [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json', length, ...headers];
  return [...head, '', text].join('\r\n');
}

/** The statuses of all answers in what came. */
export const statusesIn = (got: string): number[] =>
  [...got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1]));

/** Whether the first answer has as many bytes as its header says. */
export function isWhole(got: string): boolean {
  const head = got.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(got.slice(0, head))?.[1];
  return head > 0 && length !== undefined && got.length >= head + 4 + Number(length);
}

export interface Random {
  /** A whole number from 0 to `n - 1`. */
  below(n: number): number;
  pick<T>(values: readonly T[]): T;
}

/** Random numbers (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { below, pick: (values) => values[below(values.length)]! };
}
