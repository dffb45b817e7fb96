// Working memory of running chunks: one slot per thread. A chunk takes a slot when it begins and returns it when it ends.
// No chunk reads what an earlier one left in a slot, so results do not depend on the assignment of slots.

/** Index of a free slot of `count`; `flags` are ints, 0 = free. There are as many slots as threads, so one is always free. */
export function takeSlot(flags: usize, count: i32): i32 {
  let slot = 0;
  while (atomic.cmpxchg<i32>(flags + ((slot as usize) << 2), 0, 1) != 0) slot = slot + 1 == count ? 0 : slot + 1;
  return slot;
}

export function giveSlot(flags: usize, slot: i32): void {
  atomic.store<i32>(flags + ((slot as usize) << 2), 0);
}
