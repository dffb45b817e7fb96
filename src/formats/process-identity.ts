/**
 * Identifies a process across containers and hosts. A process id alone is not enough: each PID namespace counts from 1, ids
 * are reused, and containers can share a volume and a host name.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { ioCode } from './io-error.js';

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Start time in clock ticks since boot. Null if `/proc` does not exist. */
  readonly started: string | null;
  /** Id of the running kernel, new with each boot. Null if the system does not provide it. */
  readonly boot: string | null;
  /** The PID namespace in which `pid` is valid. Null if the system has none. */
  readonly pidNamespace: string | null;
}

/** `unknown`: the process belongs to another kernel or PID namespace, where this process cannot look. */
export type ProcessState = 'running' | 'ended' | 'unknown';

let place: Pick<ProcessIdentity, 'boot' | 'pidNamespace'> | undefined;

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  place ??= {
    boot: read(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    pidNamespace: read(() => fs.readlinkSync('/proc/self/ns/pid')),
  };
  return { pid: process.pid, host: hostname(), started: startOf(process.pid), ...place };
}

function read(value: () => string): string | null {
  try {
    return value();
  } catch {
    return null;
  }
}

/** Whether a recorded process is still running. */
export function stateOf(recorded: ProcessIdentity): ProcessState {
  const own = thisProcess();
  const samePlace = (['host', 'boot', 'pidNamespace'] as const).every((field) => recorded[field] === own[field]);
  if (!samePlace) return 'unknown';
  return isRunning(recorded.pid, recorded.started) ? 'running' : 'ended';
}

/** Eight hexadecimal digits that identify host, kernel and PID namespace. */
export function placeCode({ host, boot, pidNamespace }: ProcessIdentity = thisProcess()): string {
  return createHash('sha256')
    .update(JSON.stringify([host, boot, pidNamespace]))
    .digest('hex')
    .slice(0, 8);
}

/** Start time of a process of this PID namespace in clock ticks since boot. Null if `/proc` does not exist. */
export const startOf = (pid: number): string | null => entryOf(pid)?.started ?? null;

/**
 * True if the process `pid` of this PID namespace is running and, if the system provides it, started at `started`: process
 * ids are reused. A zombie process counts as ended.
 */
export function isRunning(pid: number, started: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it is running under another user.
    if (ioCode(cause) !== 'EPERM') return false;
  }
  const entry = entryOf(pid);
  if (entry === undefined) return true;
  return !entry.ended && (started === null || entry.started === started);
}

function entryOf(pid: number): { readonly ended: boolean; readonly started: string } | undefined {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // `pid (name) state ...`: the name may contain spaces and parentheses, so count from its last one (proc_pid_stat(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { ended: fields[0] === 'Z' || fields[0] === 'X', started: fields[19] ?? '' };
}
