/** First-fit allocator of 64-byte aligned blocks in one memory of fixed size. */

export const ALIGNMENT = 64;

export interface Allocator {
  /** Address of a block, or -1 if there is no room. The contents are not cleared. */
  take(bytes: number): number;
  /** The same from the end of the memory. Blocks that are kept for long there do not divide the room of the others. */
  takeLast(bytes: number): number;
  /** Frees the block at `address`. False if there is none. */
  give(address: number): boolean;
  sizeOf(address: number): number;
  readonly inUse: number;
  readonly atPeak: number;
}

export function createAllocator(begin: number, end: number): Allocator {
  const free: { start: number; end: number }[] = [{ start: align(begin), end: end - (end % ALIGNMENT) }];
  const taken = new Map<number, number>();
  let inUse = 0;
  let atPeak = 0;
  const sizeFor = (bytes: number) => align(Math.max(bytes, 1));
  const note = (address: number, size: number): number => {
    taken.set(address, size);
    inUse += size;
    atPeak = Math.max(atPeak, inUse);
    return address;
  };
  return {
    take(bytes) {
      const size = sizeFor(bytes);
      const at = free.findIndex((gap) => gap.end - gap.start >= size);
      if (at < 0) return -1;
      const gap = free[at]!;
      const address = gap.start;
      gap.start += size;
      if (gap.start === gap.end) free.splice(at, 1);
      return note(address, size);
    },
    takeLast(bytes) {
      const size = sizeFor(bytes);
      const at = free.findLastIndex((gap) => gap.end - gap.start >= size);
      if (at < 0) return -1;
      const gap = free[at]!;
      gap.end -= size;
      const address = gap.end;
      if (gap.start === gap.end) free.splice(at, 1);
      return note(address, size);
    },
    give(address) {
      const size = taken.get(address);
      if (size === undefined) return false;
      taken.delete(address);
      inUse -= size;
      let at = free.findIndex((gap) => gap.start > address);
      if (at < 0) at = free.length;
      free.splice(at, 0, { start: address, end: address + size });
      if (at + 1 < free.length && free[at]!.end === free[at + 1]!.start) {
        free[at]!.end = free[at + 1]!.end;
        free.splice(at + 1, 1);
      }
      if (at > 0 && free[at - 1]!.end === free[at]!.start) {
        free[at - 1]!.end = free[at]!.end;
        free.splice(at, 1);
      }
      return true;
    },
    sizeOf: (address) => taken.get(address) ?? 0,
    get inUse() {
      return inUse;
    },
    get atPeak() {
      return atPeak;
    },
  };
}

const align = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT;
