/** A bound on the lists that batches have in hand, and turns between them, so that no batch keeps a thread to itself. */
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { fail } from '../errors.js';

/** Milliseconds that a batch computes before others get a turn. */
const SLICE = 4;

export interface Pending {
  /**
   * Makes a value of each entry, in order, with pauses for other requests.
   * @throws RecdistillError `overloaded` if with them more than the bound would be in hand
   */
  map<A, B>(entries: readonly A[], make: (entry: A) => B): Promise<B[]>;
}

/** @param refused is told of every batch that is not taken */
export function createPending(most: number, refused: () => void): Pending {
  let inHand = 0;
  return {
    async map(entries, make) {
      if (inHand + entries.length > most) {
        refused();
        fail('overloaded', { problem: `${inHand} lists are in hand, and at most ${most} are taken` });
      }
      inHand += entries.length;
      try {
        await turn();
        const made = [];
        let since = performance.now();
        for (const entry of entries) {
          if (performance.now() - since > SLICE) {
            await turn();
            since = performance.now();
          }
          made.push(make(entry));
        }
        return made;
      } finally {
        inHand -= entries.length;
      }
    },
  };
}
