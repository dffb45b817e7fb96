/** Cold items: items of valid and test without train interactions. A model that learns from interactions alone cannot rank them. */
import { selectEntries } from './filters.js';
import { type Interactions, itemCounts } from './interactions.js';
import type { Parts } from './splits/_split.js';

export interface ColdItems {
  readonly parts: Parts;
  /** Dropped interactions whose item does not occur in train. */
  readonly coldRows: number;
  /** Users dropped from valid and test because they have no interaction left in one of the two. */
  readonly nUsers: number;
  /** Interactions dropped together with those users. */
  readonly userRows: number;
}

/**
 * Drops valid and test interactions with cold items. With `pairUsers` it then drops every user without valid or without
 * test interactions from both parts, as the preparation of HetComp's authors does.
 */
export function dropColdItems(parts: Parts, pairUsers: boolean): ColdItems {
  const trained = itemCounts(parts.train);
  const warm = (x: Interactions) =>
    selectEntries(
      x,
      Uint8Array.from(x.indices, (i) => Number(trained[i]! > 0)),
    );
  const valid = warm(parts.valid);
  const test = warm(parts.test);
  const rows = (a: Interactions, b: Interactions) => a.indices.length + b.indices.length;
  const coldRows = rows(parts.valid, parts.test) - rows(valid, test);
  if (!pairUsers) return { parts: { train: parts.train, valid, test }, coldRows, nUsers: 0, userRows: 0 };

  const size = (x: Interactions, u: number) => x.indptr[u + 1]! - x.indptr[u]!;
  const paired = Uint8Array.from({ length: valid.nUsers }, (_, u) => Number(size(valid, u) > 0 && size(test, u) > 0));
  let nUsers = 0;
  for (let u = 0; u < valid.nUsers; u++) if (paired[u] === 0 && size(valid, u) + size(test, u) > 0) nUsers += 1;
  const keep = (x: Interactions) => {
    const entries = new Uint8Array(x.indices.length);
    for (let u = 0; u < x.nUsers; u++) entries.fill(paired[u]!, x.indptr[u]!, x.indptr[u + 1]!);
    return selectEntries(x, entries);
  };
  const kept = { train: parts.train, valid: keep(valid), test: keep(test) };
  return { parts: kept, coldRows, nUsers, userRows: rows(valid, test) - rows(kept.valid, kept.test) };
}
