/** The best items from the rankings that a run of any model keeps, without those that each user has. */
import { type Interactions, itemsOf, type Rankings, rankingOf } from '../../data/index.js';
import { fail } from '../../errors.js';
import type { Block, ListSource, Selection } from './_source.js';

const AT_ONCE = 8192;

/**
 * @param row of `rankings` and `left`, of the user at each position of the output
 * @throws RecdistillError `needs-not-met` from a block, if a stored list is too short for the rest of it to be known
 */
export function byLists(
  rankings: Rankings,
  left: Interactions,
  row: (n: number) => number,
  { k, items, name }: Selection & { readonly name: (n: number) => string },
): ListSource['blocks'] {
  const allowed = items && new Uint8Array(rankings.nItems);
  for (const item of items ?? []) allowed![item] = 1;
  return function* (_, from, to) {
    for (let start = from; start < to; start += AT_ONCE) {
      const count = Math.min(AT_ONCE, to - start);
      const block: Block = { from: start, count, items: new Int32Array(count * k).fill(-1) };
      for (let r = 0; r < count; r++) {
        const stored = rankingOf(rankings, row(start + r));
        const own = new Set(itemsOf(left, row(start + r)));
        const kept = stored.filter((item) => !own.has(item) && (!allowed || allowed[item] === 1)).subarray(0, k);
        if (kept.length < k && stored.length === rankings.depth && rankings.depth < rankings.nItems)
          tooShort(name(start + r), kept.length, k, rankings.depth);
        block.items.set(kept, r * k);
      }
      yield block;
    }
  };
}

const tooShort = (user: string, kept: number, k: number, depth: number): never =>
  fail('needs-not-met', {
    problem: `the run cannot list ${k} items for the user "${user}": its scores are not inner products, so only its top ${depth} of each user are stored, and ${kept} of them are left`,
    hint: 'Ask for fewer items (--k), or use a student with factors, such as bpr-mf.',
  });
