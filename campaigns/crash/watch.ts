/**
 * Loaded before the command line (`node --import`). Before each operation that changes files it copies the folder of the command: the copy is what a
 * process that is killed there leaves. It can also kill its process. Native writes of DuckDB cannot be seen from here: the call that starts them
 * counts as an operation.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { type Args, aside, plain, promised, type Table, type Watcher, watchOperations } from './operations.js';
import { type Moment, WATCH_PLAN, type WatchPlan } from './plan.js';

const text = isMainThread ? process.env[WATCH_PLAN] : undefined;
if (text !== undefined) await watch(JSON.parse(text) as WatchPlan);

async function watch(plan: WatchPlan): Promise<void> {
  const { copies, every, kill, killed, trace, native, folder } = plan;
  const who = process.send === undefined ? 'main' : 'child';
  const own = `${who}${who === 'child' ? process.pid : ''}`;
  // Of the processes that a command starts, one is killed: that which takes over its job must come to the end.
  const dieAt = kill?.who === who && !existsSync(killed) ? kill.at : 0;
  let count = 0;
  const copy = (moment: Moment, name: string, args: Args): void => {
    if (copies === undefined || count % every !== 0) return;
    const to = join(copies, `${own}-${count}-${moment}`);
    aside(() => {
      copyTree(folder, to);
      if (moment === 'torn') half(name, args, (path) => join(to, relative(folder, path)));
    });
  };
  const watcher: Watcher = {
    before(name, args) {
      // Flushing changes nothing that a killed process leaves.
      if (name === 'fsync') return;
      count += 1;
      aside(() => plain.appendFileSync(trace, `${own}-${count}\t${name} ${describe(args)}\n`));
      if (count === dieAt) {
        aside(() => plain.writeFileSync(killed, ''));
        process.kill(process.pid, 'SIGKILL');
      }
      copy('before', name, args);
      if (isTearable(name)) copy('torn', name, args);
    },
    after(name, args) {
      if (name !== 'fsync') copy('after', name, args);
    },
  };
  await watchOperations(watcher);
  if (native) {
    const { DuckDBConnection } = await import('@duckdb/node-api');
    const connection = DuckDBConnection.prototype as unknown as Table;
    connection.runAndReadAll = promised('duckdb', connection.runAndReadAll!, () => true, watcher);
  }
}

const isTearable = (name: string): boolean => ['write', 'writev', 'writeFile', 'appendFile', 'rm'].includes(name);

const describe = (args: Args): string =>
  args
    .filter((arg) => typeof arg === 'string' || typeof arg === 'number')
    .map((arg) => String(arg).slice(0, 200).replaceAll('\n', ' '))
    .join(' ');

/** Files that other processes remove meanwhile are left out. */
function copyTree(from: string, to: string): void {
  plain.mkdirSync(to, { recursive: true });
  for (const entry of plain.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    try {
      if (entry.isDirectory()) copyTree(source, target);
      else plain.copyFileSync(source, target);
    } catch {
      // Removed by another process of the command.
    }
  }
}

/** The first half of an operation that is not atomic: of the bytes of a write, or of the entries of a folder that is removed. */
function half(name: string, args: Args, placed: (path: string) => string): void {
  const [target, given] = args;
  const path = typeof target === 'number' ? plain.readlinkSync(`/proc/self/fd/${target}`) : String(target);
  const at = placed(path);
  if (name === 'rm') {
    const entries = plain.statSync(at, { throwIfNoEntry: false })?.isDirectory() ? plain.readdirSync(at) : [];
    for (const entry of entries.slice(0, Math.ceil(entries.length / 2)))
      plain.rmSync(join(at, entry), { recursive: true, force: true });
    return;
  }
  const whole = Array.isArray(given) ? Buffer.concat(given as Uint8Array[]) : given;
  const bytes = typeof whole === 'string' ? Buffer.from(whole) : whole;
  if (!(bytes instanceof Uint8Array)) return;
  const offset = typeof args[2] === 'number' && name === 'write' ? args[2] : 0;
  const length = typeof args[3] === 'number' && name === 'write' ? args[3] : bytes.length - offset;
  // Every file of the program is written from its start to its end.
  const write = name === 'writeFile' && typeof target !== 'number' ? 'writeFileSync' : 'appendFileSync';
  plain[write](at, bytes.subarray(offset, offset + Math.ceil(length / 2)));
}
