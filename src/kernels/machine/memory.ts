/** First-fit allocator of 64-byte aligned blocks in one memory of fixed size. */

export const ALIGNMENT = 64;

export interface Allocator {
  /** Address of a block, or -1 if there is no room. The contents are not cleared. */
  take(bytes: number): number;
  /** Frees the block at `address`. False if there is none. */
  give(address: number): boolean;
  sizeOf(address: number): number;
  readonly inUse: number;
  readonly atPeak: number;
}

export function createAllocator(begin: number, end: number): Allocator {
  const free: { start: number; end: number }[] = [{ start: align(begin), end }];
  const taken = new Map<number, number>();
  let inUse = 0;
  let atPeak = 0;
  return {
    take(bytes) {
      const size = align(Math.max(bytes, 1));
      const at = free.findIndex((gap) => gap.end - gap.start >= size);
      if (at < 0) return -1;
      const gap = free[at]!;
      const address = gap.start;
      gap.start += size;
      if (gap.start === gap.end) free.splice(at, 1);
      taken.set(address, size);
      inUse += size;
      atPeak = Math.max(atPeak, inUse);
      return address;
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
