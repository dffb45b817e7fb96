/** Runs command lines in one process, which saves starting it for each. Prints a line of JSON for each folder: how its commands ended. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Args, watchOperations } from './operations.js';
import { AGAIN_PLAN, type AgainPlan, type CommandEnd, type Fault } from './plan.js';

const { main, folders } = JSON.parse(process.env[AGAIN_PLAN]!) as AgainPlan;
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);
const print = process.stdout.write.bind(process.stdout);
const writeSync = fs.writeSync as (...args: unknown[]) => number;
/** What the command has written on standard output and standard error. */
const written = ['', ''];
const collect = (stream: 0 | 1) => (text: unknown) => {
  written[stream] += String(text);
  return true;
};
process.stdout.write = collect(0);
process.stderr.write = collect(1);
fs.writeSync = ((fd: number, text: unknown, ...more: unknown[]) =>
  fd === 1 || fd === 2 ? Number(collect(fd === 1 ? 0 : 1)(text)) : writeSync(fd, text, ...more)) as typeof fs.writeSync;
syncBuiltinESMExports();

/** The fault of the current command, and its operations so far. */
let [fault, operations]: [Fault | undefined, number] = [undefined, 0];
/** A full disk still lets files be removed and renamed. */
const removes = ['rename', 'unlink', 'rm', 'rmdir', 'truncate', 'ftruncate', 'utimes', 'futimes'];

function fails(name: string, args: Args): void {
  if (fault === undefined || ++operations < fault.at) return;
  const { code } = fault;
  if (code === 'ENOSPC' && removes.includes(name)) return;
  // Files that are open already can be written.
  if (code === 'EACCES' && typeof args[0] === 'number') return;
  const path = args.find((arg) => typeof arg === 'string');
  const more = { code, errno: -constants.errno[code], syscall: name, ...(path === undefined ? {} : { path }) };
  throw Object.assign(new Error(`${code}: ${name} fails here`), more);
}

if (folders.some((f) => f.fault !== undefined)) await watchOperations({ before: fails });

let count = 0;
for (const { folder, commands, fault: given } of folders) {
  process.chdir(folder);
  process.env.TMPDIR = join(folder, 'tmp');
  process.env.RECDISTILL_CACHE = join(folder, 'cache');
  const ends: CommandEnd[] = [];
  for (const [at, words] of commands.entries()) {
    [fault, operations] = [at === 0 ? given : undefined, 0];
    written.fill('');
    process.exitCode = undefined;
    process.argv = [process.execPath, main, ...words];
    await import(`${pathToFileURL(main).href}?command=${count++}`);
    ends.push({ code: Number(process.exitCode ?? 0), stdout: written[0]!, stderr: written[1]! });
  }
  print(`${JSON.stringify(ends)}\n`);
}
process.exitCode = undefined;
