// Fuses several weighted lists of a row by the sum of the weights of each item.
import { giveSlot, takeSlot } from '../machine/slots.as';
import { writeBest } from '../top-k/select.as';
import { CLASSES, countsAt, keysAt, sortBufferAt, touchedAt } from './layout';

/** A class is the highest 12 bits of a key. The sign bit is 0. */
const CLASS_SHIFT = 52;

/**
 * Rows [begin, end): out = the best `depth` items by the sum of their weights, without those of mask row `first` + row; -1 if there are
 * fewer. A row has `width` entries, each an item and its weight.
 */
export function fuse(
  items: usize, weights: usize, width: i32, nItems: i32, indptr: usize, indices: usize, first: i32, depth: i32, out: usize,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const sums = slotMemory + (slot as usize) * slotBytes;
  const keys = sums + (keysAt(nItems) as usize);
  const sortBuffer = sums + (sortBufferAt(nItems, width) as usize);
  const touched = sums + (touchedAt(nItems, width) as usize);
  const counts = sums + (countsAt(nItems, width) as usize);
  memory.fill(sums, 0, (nItems as usize) << 3);
  for (let r = begin; r < end; r++) {
    const entries = (r as usize) * (width as usize) << 2;
    let named = 0;
    for (let at: usize = 0; at < (width as usize) << 2; at += 4) {
      const item = load<i32>(items + entries + at);
      const value = load<f32>(weights + entries + at);
      if (item < 0 || value == 0) continue;
      const sum = sums + ((item as usize) << 3);
      const before = load<f64>(sum);
      if (before == 0) store<i32>(touched + ((named++ as usize) << 2), item);
      store<f64>(sum, before + (value as f64));
    }
    if (indptr) {
      const row = indptr + ((first + r) as usize << 2);
      const stop = load<i32>(row, 4);
      for (let m = load<i32>(row); m < stop; m++) store<f64>(sums + (load<i32>(indices + ((m as usize) << 2)) as usize << 3), 0);
    }
    let count = 0;
    for (let n = 0; n < named; n++) {
      const item = load<i32>(touched + ((n as usize) << 2));
      const sum = sums + ((item as usize) << 3);
      const total = load<f64>(sum);
      if (total == 0) continue;
      store<f64>(sum, 0);
      store<u64>(keys + ((count++ as usize) << 3), ((reinterpret<u32>(total as f32) as u64) << 32) | (~item as u32 as u64));
    }
    if (count > depth) count = keepLarge(keys, count, depth, counts);
    writeBest(keys, sortBuffer, count, depth, out + ((r as usize) * (depth as usize) << 2), 0);
  }
  giveSlot(flags, slot);
}

/** Moves the keys of the highest classes that together hold `depth` keys to the front. @returns their number */
function keepLarge(keys: usize, count: i32, depth: i32, counts: usize): i32 {
  memory.fill(counts, 0, CLASSES << 2);
  const end = keys + ((count as usize) << 3);
  for (let at = keys; at < end; at += 8) {
    const c = counts + ((load<u64>(at) >> CLASS_SHIFT) as usize << 2);
    store<i32>(c, load<i32>(c) + 1);
  }
  let least = CLASSES;
  for (let n = 0; n < depth; ) n += load<i32>(counts + ((--least as usize) << 2));
  const bound = (least as u64) << CLASS_SHIFT;
  let to = keys;
  for (let at = keys; at < end; at += 8) {
    const key = load<u64>(at);
    if (key < bound) continue;
    store<u64>(to, key);
    to += 8;
  }
  return ((to - keys) >> 3) as i32;
}
