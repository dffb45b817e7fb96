/** Commands without --data take synthetic data: not when somebody pipes data in, and never without a word. */
import { fstatSync } from 'node:fs';
import { fail } from '../../errors.js';
import type { Console, Given } from './_command.js';

/** Milliseconds that a pipe has to show that there is something in it. */
const WAIT_MS = 300;

/** @throws RecdistillError `usage` if standard input has data and nothing says that it is meant */
export async function tellUnnamedData({ flags, args }: Given, source: boolean, { say }: Console): Promise<void> {
  if (flags.data !== undefined || (source && args.length > 0)) return;
  if (await inputWaits()) {
    const hint = 'Add --data - to read it, or < /dev/null to leave it.';
    fail('usage', { problem: 'there is data on standard input, and nothing says that it is the data', hint });
  }
  say('No --data was given: this is synthetic data, made up by recdistill.');
}

async function inputWaits(): Promise<boolean> {
  const found = statOfInput();
  if (found?.isFile()) return found.size > 0;
  if (!found?.isFIFO()) return false;
  const { stdin } = process;
  const waits = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), WAIT_MS);
    stdin.once('readable', () => {
      clearTimeout(timer);
      // At the end of an empty pipe there is nothing to read.
      resolve(stdin.read() !== null);
    });
  });
  stdin.destroy();
  return waits;
}

function statOfInput() {
  try {
    return fstatSync(0);
  } catch {
    // It is closed.
    return undefined;
  }
}
