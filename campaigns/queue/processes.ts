/** The processes of the campaign: plans and workers, which are killed, frozen and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** Factor of all times of locks and leases: tests wait for seconds, not for minutes. */
const PACE = '0.15';

export interface Started {
  readonly child: ChildProcess;
  /** What it has written to stderr, and to stdout. */
  readonly text: () => string;
  readonly output: () => string;
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Its process id and those of all its descendants. */
  tree(): readonly number[];
  /** Sends a signal to it and all its descendants. */
  all(signal: NodeJS.Signals): void;
}

/**
 * Starts the program.
 * @param words of its command line
 * @param before words of another program that starts it, such as `unshare`
 */
export function program(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
): Started {
  const { NODE_TEST_CONTEXT: _, RECDISTILL_DATA: __, RECDISTILL_QUEUE: ___, ...inherited } = process.env;
  const [file, ...args] = [...before, process.execPath, main, ...words];
  const child = spawn(file!, args, {
    env: { ...inherited, RECDISTILL_TEST_PACE: PACE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [text, output] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('error', (error) => {
      text += String(error);
      resolve(-1);
    });
    // Not `close`: a descendant that goes on keeps the pipes.
    child.on('exit', (code, signal) => resolve(code ?? signal ?? -1));
  });
  const tree = () => descendants(child.pid!);
  return {
    ...{ child, ended, tree, text: () => text, output: () => output },
    all(signal) {
      for (const pid of tree()) {
        try {
          process.kill(pid, signal);
        } catch {
          // It has ended meanwhile.
        }
      }
    },
  };
}

/** A process and its descendants, the latter first. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (of: number): number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [...below(child), child]);
  return [...below(pid), pid];
}

/** Waits until a condition holds. @throws Error with `what` after `seconds` */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !condition(); ) {
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await pause(50);
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
