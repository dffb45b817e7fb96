/** A cheap HTTP client: one connection, one request at a time, answers read no further than needed to tell them apart. */
import { connect, type Socket } from 'node:net';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Client {
  /** Sends the bytes of a request; resolves to the status. Rejects if the connection ends first. */
  ask(request: string): Promise<number>;
  close(): void;
}

const BLANK = Buffer.from('\r\n\r\n');

export async function openClient({ host, port }: Place): Promise<Client> {
  const socket: Socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let got: Buffer = Buffer.alloc(0);
  let waiting: { resolve(status: number): void; reject(error: Error): void } | undefined;
  const ended = (error?: Error) => {
    waiting?.reject(error ?? new Error('the connection ended'));
    waiting = undefined;
  };
  socket.on('error', ended);
  socket.on('close', () => ended());
  socket.on('data', (chunk: Buffer) => {
    got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
    const head = got.indexOf(BLANK);
    if (head < 0) return;
    const text = got.toString('latin1', 0, head);
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (got.length < head + 4 + length) return;
    got = got.subarray(head + 4 + length);
    const asked = waiting;
    waiting = undefined;
    asked?.resolve(Number(text.slice(9, 12)));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the connection is closed'));
        waiting = { resolve, reject };
        socket.write(request, 'latin1');
      }),
    close: () => socket.destroy(),
  };
}
