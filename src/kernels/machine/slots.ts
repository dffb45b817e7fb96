/** Working memory for chunks that run concurrently: see slots.as.ts. */
import type { WasmMachine } from './machine.js';

/** The arguments of a kernel that needs a slot per chunk. */
export interface Slots {
  readonly flags: number;
  readonly slots: number;
  readonly slotMemory: number;
  readonly slotBytes: number;
}

/** Slots of at least `bytes` bytes, one per thread. */
export function takeSlots(m: WasmMachine, name: string, bytes: number): Slots {
  const slotBytes = Math.ceil(bytes / 64) * 64;
  const flags = m.workspace(`${name}.flags`, m.threads * 4);
  m.intsAt(flags, m.threads).fill(0);
  return { flags, slots: m.threads, slotMemory: m.workspace(`${name}.slots`, m.threads * slotBytes), slotBytes };
}
