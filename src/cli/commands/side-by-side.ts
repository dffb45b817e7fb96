/** Trains models at the same time, each in a child process of this program; the threads are divided between them. */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { fail } from '../../errors.js';
import { usedModules } from '../../options/use.js';
import type { Console, Given } from '../terminal/_command.js';
import type { Failure } from '../terminal/failure.js';
import { wordsOf } from '../terminal/flags.js';
import { machineOf, modelGroup } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import type { JobJson } from './job.js';
import { trainGroups } from './train-one.js';

/** What became of one of the models. */
export type Trained =
  | ({ readonly model: string } & JobJson)
  | { readonly model: string; readonly name: string; readonly error: Omit<Failure, 'exit'> };

/** What a command that trains this model alone is given. */
export interface OneOfSeveral {
  readonly model: string;
  readonly name: string;
  readonly given: Given;
}

const program = fileURLToPath(new URL('../main.js', import.meta.url));

/** @param most of them at once; never more than there are threads. @throws RecdistillError `interrupted`, after all have stopped */
export function trainSideBySide(
  jobs: readonly OneOfSeveral[],
  most: number,
  given: Given,
  console: Console,
): Promise<Trained[]> {
  const machine = machineOf(given);
  const shares = sharesOf(machine.threads, Math.min(most, jobs.length));
  console.say(`${shares.length} at a time, with ${shares.join(' and ')} of ${machine.threads} threads.`);
  const memory =
    machine.memoryLimit === undefined
      ? []
      : [`--memory-limit=${Math.floor(machine.memoryLimit / shares.length / 1e6)}MB`];
  return interruptible(console.say, async (signal) => {
    const rows: Trained[] = [];
    const waiting = [...jobs.entries()];
    const lane = async (threads: number) => {
      for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
        const [at, job] = next;
        rows[at] = await trainInChild(job, [`--threads=${threads}`, ...memory], signal, console);
      }
    };
    await Promise.all(shares.map(lane));
    if (signal.aborted) fail('interrupted', { what: `training ${jobs.map((job) => job.name).join(', ')}` });
    return rows;
  });
}

/** The threads of each of `count` processes, or of as many as there are threads. */
export function sharesOf(threads: number, count: number): number[] {
  const lanes = Math.min(threads, count);
  return Array.from({ length: lanes }, (_, at) => Math.floor((threads + lanes - 1 - at) / lanes));
}

async function trainInChild(
  { model, name, given }: OneOfSeveral,
  machine: readonly string[],
  signal: AbortSignal,
  console: Console,
): Promise<Trained> {
  const { threads: _, memoryLimit: __, ...flags } = given.flags;
  const words = wordsOf([modelGroup(model), ...trainGroups], { ...given, flags });
  const uses = usedModules().map((file) => `--use=${file}`);
  const child = fork(
    program,
    ['train', model, ...words, ...uses, ...machine, '--json', ...(console.quiet ? ['--quiet'] : [])],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C in the terminal is for this process alone; the child stops when the channel to it closes, also if this process is killed.
      detached: true,
    },
  );
  const stop = () => void (child.connected && child.disconnect());
  signal.addEventListener('abort', stop);
  createInterface({ input: child.stderr! }).on('line', (line) => {
    if (!/^(error|hint): |^$|^Stopping at /.test(line)) console.say(line);
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    // Not 'close': it does not come once the channel was closed from this side.
    child.on('exit', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
  });
  try {
    const [printed, end] = await Promise.all([text(child.stdout!), ended]);
    return { model, ...answerIn(printed, name, end) };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

type Answer = JobJson | { readonly name: string; readonly error: Omit<Failure, 'exit'> };

function answerIn(printed: string, name: string, end: string): Answer {
  try {
    return { ...(JSON.parse(printed) as JobJson), name };
  } catch {
    const message = `its process ended with ${end} and no answer`;
    const hint =
      'Run the same command again; it goes on from the last checkpoint. With too little memory, train fewer at once.';
    return { name, error: { code: 'unexpected', message, hint } };
  }
}
