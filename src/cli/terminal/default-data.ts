/** Commands without --data use synthetic data. They say so, and refuse to ignore data on standard input. */
import { fstatSync } from 'node:fs';
import { fail } from '../../errors.js';
import type { Console, Given } from './_command.js';

/** Milliseconds to wait for the first bytes of a pipe. */
const WAIT_MS = 300;

/**
 * Says that the data is synthetic, if none is given.
 * @param fromArguments whether the arguments of the command name data
 * @throws RecdistillError `usage` if standard input has data that no option names
 */
export async function announceDefaultData(
  { flags, args }: Given,
  fromArguments: boolean,
  { say }: Console,
): Promise<void> {
  if (flags.data !== undefined || (fromArguments && args.length > 0)) return;
  if (await inputHasData()) {
    const hint = 'Add --data - to read it, or < /dev/null to ignore it.';
    fail('usage', { problem: 'there is data on standard input, but no --data option', hint });
  }
  say('No --data was given: using synthetic data.');
}

async function inputHasData(): Promise<boolean> {
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
