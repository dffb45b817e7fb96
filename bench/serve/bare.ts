/** `node build/bench/serve/bare.js MS`: a plain node:http server with a constant answer after MS ms of work, to know what a machine can do at all. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const work = Number(process.argv[2] ?? 0);
const recommendations = Array.from({ length: 10 }, (_, n) => ({ itemId: `i${n}`, rank: n + 1, score: 1 / (n + 3) }));
const body = JSON.stringify({ basis: 'user', recommendations, bundle: '000000000000', user: 'u0' });

const server = createServer((_request, response) => {
  for (const until = performance.now() + work; performance.now() < until; );
  response.setHeader('content-type', 'application/json');
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`Answering on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
