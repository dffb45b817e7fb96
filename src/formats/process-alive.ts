/** Checks whether a specific process of this host is still running. */
import fs from 'node:fs';
import { ioCode } from './io-error.js';

interface ProcessState {
  readonly dead: boolean;
  readonly started: string;
}

/** Start time of a process in clock ticks since boot. Null if `/proc` does not exist. */
export const startOf = (pid: number): string | null => stateOf(pid)?.started ?? null;

/**
 * True if the process `pid` is running and, if the system provides it, started at `started`: process ids are reused. A
 * zombie process counts as dead.
 */
export function isRunning(pid: number, started: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it is running under another user.
    if (ioCode(cause) !== 'EPERM') return false;
  }
  const state = stateOf(pid);
  if (state === undefined) return true;
  return !state.dead && (started === null || state.started === started);
}

function stateOf(pid: number): ProcessState | undefined {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // `pid (name) state ...`: the name may contain spaces and parentheses, so count from its last one (proc_pid_stat(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { dead: fields[0] === 'Z' || fields[0] === 'X', started: fields[19] ?? '' };
}
