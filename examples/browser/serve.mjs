// The files of the page on http://127.0.0.1: node examples/browser/serve.mjs BUNDLE [PORT]
// Any web server does the same: the page, the modules of recdistill/student beside it in student/, and the bundle in bundle/.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const [bundle, port = '3000'] = process.argv.slice(2);
const folders = {
  '': dirname(fileURLToPath(import.meta.url)),
  student: dirname(fileURLToPath(import.meta.resolve('recdistill/student'))),
  bundle,
};
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
};

const server = createServer(async (request, response) => {
  const [, folder = '', name = 'index.html'] = /^\/(?:(student|bundle)\/)?([\w.-]+)?$/.exec(request.url ?? '') ?? [];
  const content = await readFile(join(folders[folder], name)).catch(() => undefined);
  // Compressed, as most web servers do by themselves: it makes a bundle about a tenth smaller, and its names much more.
  const packed = content && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') ? gzipSync(content) : content;
  response.writeHead(content ? 200 : 404, {
    'content-type': types[extname(name)] ?? 'application/octet-stream',
    ...(packed !== content && { 'content-encoding': 'gzip' }),
  });
  response.end(packed);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
process.once('SIGTERM', () => server.close());
