/** What the health port knows: a few numbers in shared memory, which it can read while everything else is busy. */

/** `starting`: no worker answers requests yet, or again. `stopping`: shutdown has begun. */
const phases = ['starting', 'serving', 'stopping'] as const;
export type HealthPhase = (typeof phases)[number];

const [PHASE, BEATS, FIELDS] = [0, 1, 2];

export interface HealthStatus {
  readonly memory: SharedArrayBuffer;
  phase: HealthPhase;
  /** Counts the signs of life. */
  readonly beats: number;
  /** Called regularly by whoever answers requests, or has heard from them. */
  beat(): void;
}

/** @param memory that of another thread's status. Default: a new one. */
export function createStatus(memory = new SharedArrayBuffer(4 * FIELDS)): HealthStatus {
  const fields = new Int32Array(memory);
  return {
    memory,
    get phase() {
      return phases[Atomics.load(fields, PHASE)]!;
    },
    set phase(phase) {
      Atomics.store(fields, PHASE, phases.indexOf(phase));
    },
    get beats() {
      return Atomics.load(fields, BEATS);
    },
    beat: () => void Atomics.add(fields, BEATS, 1),
  };
}

/**
 * Finds out whether something hangs: it was asked, or looked at, `limit` times in a row without a new sign of life. Counting
 * instead of measuring time means that a machine that was suspended does not look like a program that hangs.
 */
export function createWatch(limit: number): { look(beats: number): boolean } {
  let last = Number.NaN;
  let same = 0;
  return {
    look(beats) {
      same = beats === last ? same + 1 : 0;
      last = beats;
      return same >= limit;
    },
  };
}
