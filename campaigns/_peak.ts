/** Runs the command line in a child process and measures its peak resident memory. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(import.meta.resolve('recdistill').replace(/index\.js$/, 'cli/main.js'));
/** The kernel's own mark where there is one: on Linux, maxRSS of a child begins with that of its parent. */
const MARK = `
import { readFileSync, writeSync } from 'node:fs';
process.on('exit', () => {
  let bytes = process.resourceUsage().maxRSS * 1024;
  try {
    bytes = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  } catch {}
  writeSync(3, String(bytes));
});`;
/** For `--import`: the process writes its peak in bytes to the file descriptor 3 when it ends. */
export const peakHook = `data:text/javascript,${encodeURIComponent(MARK)}`;

export interface Measured {
  /** Peak resident memory in bytes. */
  readonly peak: number;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param seconds after which the process is ended; its peak is then 0 */
export function measure(args: readonly string[], folder: string, seconds = 300): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', peakHook, program, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      timeout: seconds * 1000,
    });
    const texts = [1, 2, 3].map((fd) => {
      const chunks: Buffer[] = [];
      const stream = child.stdio[fd] as NodeJS.ReadableStream;
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      return () => Buffer.concat(chunks).toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const [stdout, stderr, peak] = texts.map((text) => text());
      resolve({ code, peak: Number(peak), stdout: stdout!, stderr: stderr! });
    });
  });
}
