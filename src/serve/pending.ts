/** Limits the pending lists of batches and interleaves batches with other requests, so that no batch blocks a thread. */
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { fail } from '../errors.js';

/** Milliseconds that a batch computes before it yields to other requests. */
const SLICE = 4;

export interface Pending {
  /**
   * Maps the entries in order, and yields to other requests in between.
   * @throws RecdistillError `overloaded` if the limit of pending lists would be exceeded
   */
  map<A, B>(entries: readonly A[], make: (entry: A, place: number) => B): Promise<B[]>;
}

/** @param refused called for every rejected batch */
export function createPending(most: number, refused: () => void): Pending {
  let inHand = 0;
  return {
    async map(entries, make) {
      if (inHand + entries.length > most) {
        refused();
        fail('overloaded', { problem: `${inHand} lists are pending; at most ${most} are allowed` });
      }
      inHand += entries.length;
      try {
        await turn();
        const made = [];
        let since = performance.now();
        for (const [place, entry] of entries.entries()) {
          if (performance.now() - since > SLICE) {
            await turn();
            since = performance.now();
          }
          made.push(make(entry, place));
        }
        return made;
      } finally {
        inHand -= entries.length;
      }
    },
  };
}
