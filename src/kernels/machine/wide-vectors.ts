/**
 * Vectors of 256 bits. From Node 24 on, V8 can join pairs of 128-bit operations into one of AVX2 ("revectorize"). The bits of the results
 * are the same. The flag holds for all WebAssembly of the process: the command line sets it, and a program that uses the library decides.
 */
import { setFlagsFromString } from 'node:v8';

const FLAG = '--experimental-wasm-revectorize';

let used = process.execArgv.includes(FLAG);

/**
 * Turns them on for this process. Call it before kernels are created. Large matrix products then take about half the time on x64
 * processors with AVX2. Without effect elsewhere, before Node 24, and if Node was started with `--no-experimental-wasm-revectorize`.
 */
export function useWideVectors(): void {
  const [node] = process.versions.node.split('.');
  const refused = process.execArgv.includes(FLAG.replace('--', '--no-'));
  if (used || refused || Number(node) < 24 || process.arch !== 'x64') return;
  setFlagsFromString(FLAG);
  used = true;
}

/** Whether this process uses them. */
export const hasWideVectors = (): boolean => used;

/** Node's arguments for a child process that computes in the same way. */
export const nodeArguments = (): readonly string[] =>
  used && !process.execArgv.includes(FLAG) ? [...process.execArgv, FLAG] : process.execArgv;
