/** Connections on which the tests write bytes of their own. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Raw {
  readonly socket: Socket;
  /** What has come so far. */
  readonly got: () => string;
  /** Resolves once `enough` is true of what has come; rejects if the connection ends before. */
  until(enough: (got: string) => boolean): Promise<string>;
  /** Resolves to everything once the connection is closed. */
  readonly closed: Promise<string>;
}

export async function openRaw(port: number, { reading = true } = {}): Promise<Raw> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  let text = '';
  const waiting = new Set<() => void>();
  if (reading)
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      for (const look of waiting) look();
    });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  return {
    socket,
    got: () => text,
    until: (enough) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!enough(text)) return;
          waiting.delete(look);
          resolve(text);
        };
        waiting.add(look);
        void closed.then(() => reject(new Error(`the connection ended after ${text.slice(0, 200)}`)));
        look();
      }),
    closed,
  };
}

/** Sends bytes, and resolves to all that comes until the server closes the connection. */
export async function talk(port: number, bytes: string): Promise<string> {
  const { socket, closed } = await openRaw(port);
  socket.write(bytes, 'latin1');
  return closed;
}

export const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

export const post = (path: string, body: unknown, headers = ''): string => {
  const text = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n${headers}\r\n${text}`;
};

/** The last response in what has come is complete: as many bytes as its header says. */
export function isWhole(got: string): boolean {
  const at = got.lastIndexOf('HTTP/1.1 ');
  const head = got.indexOf('\r\n\r\n', at);
  const length = /content-length: (\d+)/i.exec(got.slice(at, head))?.[1];
  return head > 0 && length !== undefined && got.length === head + 4 + Number(length);
}
