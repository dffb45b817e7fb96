/** Load on a server: connections that ask again as soon as they are answered, and, where wanted, clients that misbehave. */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, openClient, type Place } from './client.js';
import { createLatencies } from './latencies.js';

export interface LoadOptions {
  readonly place: Place;
  readonly connections: number;
  readonly milliseconds: number;
  /** Ids to ask for, each connection from another one on. */
  readonly users: readonly string[];
  readonly k: number;
  /** Malformed requests and clients that send a request byte by byte, beside the load. */
  readonly mischief: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly milliseconds: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that broke while a request was under way. */
  readonly broken: number;
  /** Answers to malformed requests, by status. */
  readonly malformed: Readonly<Record<string, number>>;
}

export async function runLoad(o: LoadOptions): Promise<LoadResult> {
  const latencies = createLatencies();
  const statuses: Record<string, number> = {};
  const refused: Record<string, number> = {};
  let broken = 0;
  const host = `${o.place.host}:${o.place.port}`;
  const requests = o.users.map(
    (user) => `GET /v1/users/${encodeURIComponent(user)}/recommendations?k=${o.k} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  );
  const began = performance.now();
  const end = began + o.milliseconds;

  const ask = async (first: number): Promise<void> => {
    let client: Client | undefined;
    for (let n = first; performance.now() < end; n += 1) {
      try {
        client ??= await openClient(o.place);
        const sent = performance.now();
        const status = await client.ask(requests[n % requests.length]!);
        latencies.add(performance.now() - sent);
        statuses[status] = (statuses[status] ?? 0) + 1;
      } catch {
        broken += 1;
        client?.close();
        client = undefined;
      }
    }
    client?.close();
  };
  const step = Math.max(1, Math.floor(requests.length / o.connections));
  const work = Array.from({ length: o.connections }, (_, c) => ask(c * step));
  if (o.mischief) work.push(malformed(o.place, host, end, refused), slow(o.place, host, end));
  await Promise.all(work);
  const seconds = (performance.now() - began) / 1000;
  const at = (share: number) => Number(latencies.quantile(share).toFixed(2));
  return {
    requests: latencies.count,
    perSecond: Math.round(latencies.count / seconds),
    milliseconds: {
      p50: at(0.5),
      p90: at(0.9),
      p99: at(0.99),
      p999: at(0.999),
      max: Number(latencies.largest.toFixed(2)),
    },
    statuses,
    broken,
    malformed: refused,
  };
}

/** Requests that are wrong in many ways, twenty in a second. */
async function malformed(place: Place, host: string, end: number, counted: Record<string, number>): Promise<void> {
  const post = (body: string, type = 'application/json') =>
    `POST /v1/recommendations HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const wrong = [
    'BREW /coffee HTTP/1.1\r\n\r\n',
    `GET /v1/users/%zz/recommendations HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET /v1/users/1/recommendations?k=1e9 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET /../../etc/passwd HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    post('{"items": ["'),
    post('{"k": -1}'),
    post('{"__proto__": {"k": 1}}'),
    post('<a/>', 'text/xml'),
  ];
  for (let n = 0; performance.now() < end; n++) {
    const client = await openClient(place);
    const status = await client.ask(wrong[n % wrong.length]!).catch(() => 0);
    counted[status] = (counted[status] ?? 0) + 1;
    client.close();
    await wait(50);
  }
}

/** Three connections that send a byte in every tenth of a second and never come to an end. */
async function slow(place: Place, host: string, end: number): Promise<void> {
  const drip = async (): Promise<void> => {
    while (performance.now() < end) {
      const socket = connect(place);
      socket.on('error', () => undefined);
      const text = `POST /v1/recommendations HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9999\r\n\r\n`;
      for (let n = 0; performance.now() < end && !socket.destroyed; n++) {
        socket.write(text[n % text.length]!);
        await wait(100);
      }
      socket.destroy();
    }
  };
  await Promise.all([drip(), drip(), drip()]);
}
