/** Cold items: items of valid, test and given histories without train interactions. A model that learns from interactions alone cannot rank them. */
import { rowsOfUsers, selectEntries } from './filters.js';
import { count, type Interactions, itemCounts } from './interactions.js';
import type { Parts } from './splits/_split.js';

export interface ColdItems {
  readonly parts: Parts;
  /** Dropped interactions whose item does not occur in train. */
  readonly coldRows: number;
  /** Users dropped from valid and test because they have no interaction left in one of the two, or no history. */
  readonly nUsers: number;
  /** Interactions dropped together with those users. */
  readonly userRows: number;
}

/**
 * Drops valid and test interactions with cold items. With `pairUsers` it then drops every user without valid or without
 * test interactions from both parts, as the preparation of HetComp's authors does. Of users who are held out whole, those without a history
 * or without an interaction to evaluate are dropped.
 */
export function dropColdItems(parts: Parts, pairUsers: boolean): ColdItems {
  const trained = itemCounts(parts.train);
  const warm = (x: Interactions) => {
    const keep = new Uint8Array(x.indices.length);
    for (let k = 0; k < keep.length; k++) keep[k] = Number(trained[x.indices[k]!]! > 0);
    return selectEntries(x, keep);
  };
  const valid = warm(parts.valid);
  const test = warm(parts.test);
  const coldRows = rows(parts.valid, parts.test) - rows(valid, test);
  if (parts.foldIn)
    return dropNotEvaluated({ ...parts, valid, test, foldIn: warm(parts.foldIn) }, coldRows, parts.foldIn);
  if (!pairUsers) return { parts: { train: parts.train, valid, test }, coldRows, nUsers: 0, userRows: 0 };

  const paired = Uint8Array.from({ length: valid.nUsers }, (_, u) => Number(size(valid, u) > 0 && size(test, u) > 0));
  let nUsers = 0;
  for (let u = 0; u < valid.nUsers; u++) if (paired[u] === 0 && size(valid, u) + size(test, u) > 0) nUsers += 1;
  const kept = { train: parts.train, valid: rowsOfUsers(valid, paired), test: rowsOfUsers(test, paired) };
  return { parts: kept, coldRows, nUsers, userRows: rows(valid, test) - rows(kept.valid, kept.test) };
}

/** Users who are held out whole and can be evaluated: they have a history, and interactions in valid or test. */
function dropNotEvaluated(
  parts: Parts & { readonly foldIn: Interactions },
  coldRows: number,
  before: Interactions,
): ColdItems {
  const { train, valid, test, foldIn } = parts;
  const evaluated = Uint8Array.from({ length: foldIn.nUsers }, (_, u) =>
    Number(size(foldIn, u) > 0 && size(valid, u) + size(test, u) > 0),
  );
  let nUsers = 0;
  for (let u = 0; u < before.nUsers; u++) if (evaluated[u] === 0 && size(before, u) > 0) nUsers += 1;
  const kept = {
    train,
    valid: rowsOfUsers(valid, evaluated),
    test: rowsOfUsers(test, evaluated),
    foldIn: rowsOfUsers(foldIn, evaluated),
  };
  const userRows = rows(valid, test) - rows(kept.valid, kept.test) + count(foldIn) - count(kept.foldIn);
  return { parts: kept, coldRows: coldRows + count(before) - count(foldIn), nUsers, userRows };
}

/** Drops valid and test interactions of users without train interactions. A model that learns from interactions alone cannot rank for them. */
export function dropColdUsers({
  train,
  valid,
  test,
}: Parts): Pick<ColdItems, 'parts' | 'nUsers'> & { readonly rows: number } {
  const known = Uint8Array.from({ length: train.nUsers }, (_, u) => Number(size(train, u) > 0));
  const nUsers = known.reduce((sum, k, u) => sum + Number(k === 0 && size(valid, u) + size(test, u) > 0), 0);
  const parts = { train, valid: rowsOfUsers(valid, known), test: rowsOfUsers(test, known) };
  return { parts, nUsers, rows: rows(valid, test) - rows(parts.valid, parts.test) };
}

const rows = (a: Interactions, b: Interactions): number => count(a) + count(b);
const size = (x: Interactions, u: number): number => x.indptr[u + 1]! - x.indptr[u]!;
