/** Carries out a command, or shows its help. */
import { onWaiting } from '../data/stream-input.js';
import { fail, RecdistillError } from '../errors.js';
import { type Advance, forAllWork } from '../progress.js';
import { givesJobs, planMachine, withStore } from './commands/jobs.js';
import { withKeptSource } from './commands/source.js';
import type { Answer, Command, Console, Given } from './terminal/_command.js';
import { refuseUnknownFlags } from './terminal/flags.js';
import { machineGroup, outputGroup } from './terminal/groups.js';
import { helpOf } from './terminal/help.js';
import { interruptible } from './terminal/interrupt.js';
import { meantAs } from './terminal/misplaced.js';
import { misplacedHint, parseWords } from './terminal/program.js';
import type { ProgressBar } from './terminal/progress.js';
import { tellingUses } from './use.js';

/**
 * @param words arguments and flags, without the name of the command
 * @param program as in `Console`
 * @throws RecdistillError as `parseWords` and the command
 */
export async function carryOut(command: Command, words: readonly string[], program: string): Promise<Answer> {
  const { kind, given } = parseWords(command, words);
  if (kind === 'help') {
    const text = helpOf(program, command, given);
    return { text, json: { help: text } };
  }
  return withMisplacedHint(given, () => tellingUses(() => run(command, given, program)));
}

async function run(command: Command, words: Given, program: string): Promise<Answer> {
  refuseUnknownFlags(words, [...(command.groupsFor?.(words) ?? command.groups), outputGroup], command.name);
  const given = givesJobs(command.groups) ? withStore(words) : words;
  if (command.groups.includes(machineGroup)) planMachine(given);
  const quiet = given.flags.quiet === true;
  const console: Console = {
    say: (text) => void (quiet || process.stderr.write(`${text}\n`)),
    quiet,
    terminal: process.stderr.isTTY === true,
    program,
  };
  onWaiting(console.say);
  const work = async () => command.run(await withKeptSource(command, given, console.say), console);
  return command.ownSignals ? work() : watched(command.name, console, work);
}

const STOPPING = 'Stopping. Press Ctrl-C again to stop immediately.';

/** Runs the work of a command. Whatever it does in parts shows its progress and obeys signals. */
async function watched<T>(name: string, console: Console, work: () => Promise<T>): Promise<T> {
  let bar: ProgressBar | undefined;
  let asked = false;
  const onAdvance = (advance: Advance) => {
    bar?.train({ type: 'progress', ...advance });
    if (asked) return;
    asked = true;
    // Most commands need none.
    void import('./terminal/progress.js').then(({ createProgressBar }) => {
      bar = createProgressBar(console, '', undefined, name);
    });
  };
  const started = (signal: AbortSignal) => {
    const off = forAllWork({ signal, onAdvance });
    return work().finally(() => {
      off();
      bar?.close();
    });
  };
  return interruptible(console.say, started, { text: STOPPING });
}

/** Runs `work`. If an unknown name may have been meant as a value of the option before it, the error says so. */
async function withMisplacedHint<T>({ misplaced }: Given, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const meant = cause instanceof RecdistillError ? meantAs(misplaced, String(cause.details.given)) : undefined;
    if (meant === undefined) throw cause;
    const { code, details } = cause as RecdistillError;
    return fail(code, { ...details, hint: misplacedHint(meant) }, cause);
  }
}
