/** Selects the ids with the largest values, with a heap. */
export interface Largest {
  /** Offers an id. `values` has its value, which must not change before `take`. */
  add(id: number): void;
  /** Whether an id with this value would be kept. */
  wants(id: number, value: number): boolean;
  /** The selected ids, unordered, valid until the next `add`, which starts a new selection. */
  take(): Int32Array;
}

/** @param most number of ids to select; of equal values the lower ids */
export function createLargest(most: number, values: Float64Array): Largest {
  const heap = new Int32Array(Math.min(most, values.length));
  let size = 0;
  const worse = (a: number, b: number): boolean => values[a]! < values[b]! || (values[a]! === values[b]! && a > b);
  const sink = (from: number, id: number) => {
    let at = from;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && worse(heap[child + 1]!, heap[child]!)) child += 1;
      if (!worse(heap[child]!, id)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = id;
  };
  return {
    add(id) {
      if (size === heap.length) {
        if (worse(heap[0]!, id)) sink(0, id);
        return;
      }
      heap[size++] = id;
      // Heapify only when the first id has to be removed.
      if (size === heap.length) for (let at = (size >> 1) - 1; at >= 0; at--) sink(at, heap[at]!);
    },
    wants(id, value) {
      if (size < heap.length) return true;
      const last = heap[0]!;
      return value > values[last]! || (value === values[last]! && id < last);
    },
    take() {
      const kept = heap.subarray(0, size);
      size = 0;
      return kept;
    },
  };
}
