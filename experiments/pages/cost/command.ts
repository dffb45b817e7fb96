/** Commands of recdistill as the pages measure them. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from 'recdistill';
import { root } from '../../files.js';

/**
 * Runs a command of recdistill.
 * @param flags of Node
 * @returns the most memory that its process took, in bytes; undefined where /proc does not say
 * @throws RecdistillError `usage` if it fails
 */
export async function peakOf(words: readonly string[], flags: readonly string[] = []): Promise<number | undefined> {
  const main = join(root, 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [...flags, main, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak: number | undefined;
  const status = `/proc/${child.pid}/status`;
  const watch = setInterval(() => {
    const found = existsSync(status) && /VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'));
    if (found) peak = Number(found[1]) * 1024;
  }, 100);
  const code = await new Promise((done) => child.on('exit', done));
  clearInterval(watch);
  if (code !== 0) {
    const problem = `recdistill ${words[0]} ended with code ${code}`;
    fail('usage', { problem, hint: 'Its message is above.' });
  }
  return peak;
}
