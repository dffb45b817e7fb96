/** Commands of recdistill as scripts measure them. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/**
 * Calls `use` with an empty folder for runs and deletes it afterwards.
 * @returns what `use` returns
 */
export async function inRuns(use) {
  const runs = mkdtempSync(join(tmpdir(), 'recdistill-'));
  try {
    return await use(runs);
  } finally {
    rmSync(runs, { recursive: true });
  }
}

/**
 * Runs a command; throws if it fails.
 * @param flags of Node
 * @returns the most memory that its process took, in bytes; undefined where /proc does not say
 */
export async function peakOf(words, flags = []) {
  const child = spawn(process.execPath, [...flags, main, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak;
  const status = `/proc/${child.pid}/status`;
  const watch = setInterval(() => {
    const found = existsSync(status) && /VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'));
    if (found) peak = Number(found[1]) * 1024;
  }, 100);
  const code = await new Promise((done) => child.on('exit', done));
  clearInterval(watch);
  if (code !== 0) throw new Error(`recdistill ${words[0]} ended with code ${code}`);
  return peak;
}
