/** Working memory for the chunks that run at the same time: see assembly/slots.ts. */
import type { WasmMachine } from './_machine.js';

/** The arguments `flags, slots, memory, slotBytes` of a kernel that takes a slot of at least `bytes` bytes for each chunk. */
export function takeSlots(m: WasmMachine, name: string, bytes: number): readonly number[] {
  const size = Math.ceil(bytes / 64) * 64;
  const flags = m.workspace(`${name}.flags`, m.threads * 4);
  m.intsAt(flags, m.threads).fill(0);
  return [flags, m.threads, m.workspace(`${name}.slots`, m.threads * size), size];
}
