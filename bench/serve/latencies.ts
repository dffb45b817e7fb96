/** Latencies in a table of fixed size: buckets of 10 microseconds up to 10 seconds. */

const BUCKET_MS = 0.01;
const BUCKETS = 1_000_000;

export interface Latencies {
  add(milliseconds: number): void;
  readonly count: number;
  readonly largest: number;
  /** The latency that a share of all stays within, in milliseconds, rounded up to a bucket. */
  quantile(share: number): number;
}

export function createLatencies(): Latencies {
  const buckets = new Uint32Array(BUCKETS);
  let [count, largest] = [0, 0];
  return {
    add(milliseconds) {
      buckets[Math.min(BUCKETS - 1, Math.floor(milliseconds / BUCKET_MS))]! += 1;
      count += 1;
      largest = Math.max(largest, milliseconds);
    },
    get count() {
      return count;
    },
    get largest() {
      return largest;
    },
    quantile(share) {
      let left = Math.ceil(share * count);
      for (let b = 0; b < BUCKETS; b++) {
        left -= buckets[b]!;
        if (left <= 0) return (b + 1) * BUCKET_MS;
      }
      return largest;
    },
  };
}
