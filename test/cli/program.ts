/** Runs the built command line as a child process in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once stderr has had `count` lines that match; rejects if the process ends before. */
  seen(pattern: RegExp, count?: number): Promise<void>;
}

export interface Workshop {
  readonly folder: string;
  path(...parts: string[]): string;
  start(...words: string[]): Started;
  run(...words: string[]): Promise<Ended>;
  /** `run` with --json, and stdout parsed. */
  json(...words: string[]): Promise<Ended & { readonly value: Record<string, unknown> }>;
  remove(): void;
}

/** A fresh folder; named data sets and caches of the machine are out of reach. @param program the command line; default: that of this checkout */
export function createWorkshop(program = main): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-cli-'));
  const { RECDISTILL_DATA: _, RECDISTILL_DEBUG: __, ...inherited } = process.env;
  const env = { ...inherited, RECDISTILL_CACHE: join(folder, 'cache') };
  const start = (...words: string[]): Started => {
    const child = spawn(process.execPath, [program, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    return follow(child);
  };
  const run = (...words: string[]) => start(...words).ended;
  return {
    folder,
    path: (...parts) => join(folder, ...parts),
    start,
    run,
    async json(...words) {
      const ended = await run(...words, '--json');
      return { ...ended, value: JSON.parse(ended.stdout) as Record<string, unknown> };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function follow(child: ChildProcess): Started {
  let [stdout, stderr] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const seen = (pattern: RegExp, count = 1) =>
    new Promise<void>((resolve, reject) => {
      // A message that never comes must not hold up the other tests.
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`${pattern} did not come ${count} times:\n${stderr}`));
      }, 120_000);
      const look = () => {
        if (stderr.split('\n').filter((line) => pattern.test(line)).length < count) return;
        clearTimeout(late);
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      void ended.then(() => {
        clearTimeout(late);
        reject(new Error(`the process ended before ${pattern} came ${count} times:\n${stderr}`));
      });
      look();
    });
  return { child, ended, seen };
}

/** SHA-256 of what a run made that must not depend on how often it was stopped, by file name. */
export function lastingFiles(run: string): Record<string, string> {
  const lasting = /^(model|rankings-test)\.safetensors$|^metrics\.jsonl$|^(trajectory|student)[\\/]/;
  const names = readdirSync(run, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(run, join(entry.parentPath, entry.name)))
    .filter((name) => lasting.test(name))
    .sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(run, name)))
        .digest('hex'),
    ]),
  );
}
