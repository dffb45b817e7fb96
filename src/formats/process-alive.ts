/** Whether a process of this host is still the one that was meant. */
import fs from 'node:fs';
import { ioCode } from './io-error.js';

interface ProcessState {
  readonly dead: boolean;
  readonly started: string;
}

/** When a process started, in clock ticks since boot, or null where `/proc` does not exist. */
export const startOf = (pid: number): string | null => stateOf(pid)?.started ?? null;

/**
 * True if the process `pid` lives and, where the system tells, started at `started`: a process id is used again after a while.
 * A dead process that nobody has collected yet counts as dead.
 */
export function isRunning(pid: number, started: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it lives and belongs to somebody else.
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
  // `pid (name) state ...`: the name may hold spaces and brackets, so count from its last bracket (proc_pid_stat(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { dead: fields[0] === 'Z' || fields[0] === 'X', started: fields[19] ?? '' };
}
