// The worker in Node, for trying it out: node examples/edge-worker/local.mjs BUNDLE [PORT]
// ASSETS answers from the folder as the static files of a deployment do: /bundle/manifest.json is BUNDLE/manifest.json.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import worker from './worker.mjs';

const [bundle, port = '3000'] = process.argv.slice(2);
const ASSETS = {
  async fetch(url) {
    const content = await readFile(join(bundle, basename(url.pathname))).catch(() => undefined);
    return content ? new Response(content) : new Response('not found', { status: 404 });
  },
};

const server = createServer(async (request, response) => {
  const answer = await worker.fetch(new Request(new URL(request.url, 'http://127.0.0.1')), { ASSETS });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') });
  response.end(await answer.text());
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
process.once('SIGTERM', () => server.close());
