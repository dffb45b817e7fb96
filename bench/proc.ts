/** What Linux tells about processor time and memory in /proc; every reader gives undefined where there is no /proc. */
import { readFileSync, writeFileSync } from 'node:fs';

export type ReadText = (path: string) => string;

const readProc: ReadText = (path) => readFileSync(path, 'utf8');

/** USER_HZ: the unit of /proc is 1/100 s on every architecture that Node runs on. */
const TICK_MS = 10;

export interface MachineTimes {
  /** Processor time of all cores that was in use, or taken away by the hypervisor, since boot; in ms. */
  readonly busyMs: number;
  /** Processor time that there was: about cores x time since boot, in ms. */
  readonly totalMs: number;
}

export function machineTimes(read: ReadText = readProc): MachineTimes | undefined {
  const text = attempt(() => read('/proc/stat'));
  const line = text?.split('\n').find((l) => l.startsWith('cpu '));
  if (line === undefined) return undefined;
  // user nice system idle iowait irq softirq steal; the guest columns after them are already part of user and nice.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  const total = ticks.reduce((sum, t) => sum + t, 0);
  return { busyMs: (total - idle) * TICK_MS, totalMs: total * TICK_MS };
}

/** Processor time that one process and all its threads have used, in ms. */
export function processMs(pid: number, read: ReadText = readProc): number | undefined {
  const text = attempt(() => read(`/proc/${pid}/stat`));
  if (text === undefined) return undefined;
  // The command name, in brackets, may contain spaces and brackets; utime and stime are the 12th and 13th field after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The most memory that a process ever held (VmHWM), in bytes. */
export function peakMemory(pid: number, read: ReadText = readProc): number | undefined {
  const match = attempt(() => read(`/proc/${pid}/status`))?.match(/^VmHWM:\s+(\d+) kB$/m);
  return match ? Number(match[1]) * 1024 : undefined;
}

/** Lets this process's VmHWM start again from what it holds now. Without the right to do so the old peak stays. */
export function resetPeakMemory(): void {
  attempt(() => writeFileSync('/proc/self/clear_refs', '5'));
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
