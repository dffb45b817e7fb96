/** Is the machine quiet? A time that was taken while others computed says nothing, least of all about OpenMP. */
import { setTimeout as pause } from 'node:timers/promises';
import { type MachineTimes, machineTimes, processMs } from './proc.js';

/** Above this share of the machine, others disturb. */
export const QUIET_SHARE = 0.07;
const SAMPLE_MS = 250;

export interface Mark {
  readonly machine: MachineTimes;
  readonly ownMs: number;
}

export interface LoadMeter {
  /** False where the load cannot be read; then nothing waits and nothing counts as disturbed. */
  readonly supported: boolean;
  mark(): Mark | undefined;
  /** The share of the machine that other processes (and the hypervisor) used since the mark, from 0 to 1. */
  othersSince(mark: Mark | undefined): number;
  /** Waits until others use less than `QUIET_SHARE`, at most `patienceMs`; gives the last share seen. */
  waitForQuiet(patienceMs: number): Promise<number>;
}

export interface LoadMeterSources {
  machine(): MachineTimes | undefined;
  processMs(pid: number): number | undefined;
  pause(ms: number): Promise<unknown>;
}

const system: LoadMeterSources = { machine: machineTimes, processMs, pause };

/** @param pids the processes of this benchmark, asked for at every reading */
export function createLoadMeter(pids: () => readonly number[], sources: LoadMeterSources = system): LoadMeter {
  const mark = (): Mark | undefined => {
    const machine = sources.machine();
    if (machine === undefined) return undefined;
    return { machine, ownMs: pids().reduce((sum, pid) => sum + (sources.processMs(pid) ?? 0), 0) };
  };
  const othersSince = (before: Mark | undefined): number => {
    const after = mark();
    if (before === undefined || after === undefined) return 0;
    const total = after.machine.totalMs - before.machine.totalMs;
    const others = after.machine.busyMs - before.machine.busyMs - (after.ownMs - before.ownMs);
    return total <= 0 ? 0 : Math.min(1, Math.max(0, others / total));
  };
  return {
    supported: mark() !== undefined,
    mark,
    othersSince,
    async waitForQuiet(patienceMs) {
      for (let waited = 0; ; waited += SAMPLE_MS) {
        const before = mark();
        if (before === undefined) return 0;
        await sources.pause(SAMPLE_MS);
        const share = othersSince(before);
        if (share < QUIET_SHARE || waited + SAMPLE_MS >= patienceMs) return share;
      }
    },
  };
}
