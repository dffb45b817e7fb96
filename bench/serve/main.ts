/** `node build/bench/serve/main.js`: a server in a process of its own under load from this one. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeMadeUpBundle } from './bundle.js';
import { runLoad } from './load.js';
import { startProbes } from './probe.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '16' },
    workers: { type: 'string', default: '2' },
    users: { type: 'string', default: '5000' },
    items: { type: 'string', default: '25000' },
    dim: { type: 'string', default: '20' },
    k: { type: 'string', default: '10' },
    'swap-every': { type: 'string', default: '0' },
    mischief: { type: 'boolean', default: false },
    probe: { type: 'boolean', default: false },
    bare: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const USAGE = `node build/bench/serve/main.js [--seconds 10] [--connections 16] [--workers 2] [--users 5000] [--items 25000] [--dim 20] [--k 10]
  [--swap-every SECONDS] [--mischief] [--probe] | [--bare MS]
Starts recdistill serve with a made-up bundle, asks for recommendations, and prints one JSON document. --swap-every writes another bundle and
reloads it; --mischief adds malformed requests and slow clients. --probe asks for /health ten times a second, on the
port of the server and on its health port. --bare puts a plain node:http server in place of it, one thread with a constant
answer after MS milliseconds of work. A second of warm-up comes before.`;

if (values.help) {
  process.stdout.write(`${USAGE}\n`);
} else {
  await main();
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-load-'));
  const bundle = join(folder, 'bundle');
  const [nUsers, nItems, dim] = [Number(values.users), Number(values.items), Number(values.dim)];
  const ids = writeMadeUpBundle(bundle, { nUsers, nItems, dim, seed: 1 });
  const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const command =
    values.bare === undefined
      ? [
          ...[program('../../../dist/cli/main.js'), 'serve', bundle, '--port', '0', '--workers', values.workers],
          ...(values.probe ? ['--health-port', '0'] : []),
        ]
      : [program('bare.js'), values.bare];
  const server = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const said = portsOf(server.stderr);
    const port = await said.port;
    const place = { host: '127.0.0.1', port };
    const load = { place, connections: Number(values.connections), users: ids, k: Number(values.k) };
    await runLoad({ ...load, milliseconds: 1000, mischief: false });
    const memory: number[] = [];
    const every = 1000 * Number(values['swap-every']);
    let swaps = 0;
    let over = false;
    const aside = async (): Promise<void> => {
      for (let passed = 0; !over; passed += 500) {
        memory.push(residentBytes(server.pid!));
        await wait(500);
        if (every === 0 || passed < every * (swaps + 1)) continue;
        swaps += 1;
        writeMadeUpBundle(bundle, { nUsers, nItems, dim, seed: 1 + swaps });
        const { status } = await fetch(`http://127.0.0.1:${port}/v1/reload`, { method: 'POST' });
        if (status !== 200) throw new Error(`a reload was answered with ${status}`);
      }
    };
    const beside = aside();
    const probes = values.probe ? startProbes([`http://127.0.0.1:${port}/health`, await said.health]) : undefined;
    const result = await runLoad({ ...load, milliseconds: 1000 * Number(values.seconds), mischief: values.mischief });
    over = true;
    const probed = await probes?.stop();
    await beside;
    const residentMB = memory.map((bytes) => Math.round(bytes / 1e6));
    const thinned = residentMB.filter((_, n) => n % Math.ceil(residentMB.length / 60) === 0);
    process.stdout.write(`${JSON.stringify({ ...values, ...result, probed, swaps, residentMB: thinned }, null, 2)}\n`);
  } finally {
    server.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The port, and the address of the health port if there is one, from the lines that the server prints; further lines go to stderr. */
function portsOf(stderr: NodeJS.ReadableStream): { readonly port: Promise<number>; readonly health: Promise<string> } {
  const lines = createInterface({ input: stderr });
  const find = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        const found = pattern.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
      lines.on('close', () => reject(new Error('the server did not start')));
    });
  lines.on('line', (line) => {
    if (!line.includes('http://127.0.0.1:')) process.stderr.write(`${line}\n`);
  });
  const health = find(/^Health: (\S+)/);
  // A server without a health port says nothing of it.
  health.catch(() => undefined);
  return { port: find(/^(?:Serving|Answering) .*http:\/\/127\.0\.0\.1:(\d+)/).then(Number), health };
}

/** Memory of a process and of its children, bytes; 0 where the system does not say. */
function residentBytes(pid: number): number {
  try {
    const own = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + residentBytes(Number(child)), own);
  } catch {
    return 0;
  }
}
