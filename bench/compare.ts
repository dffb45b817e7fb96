/** Correctness before speed: how far two results may be apart. */
import type { Tensor } from './tensors.js';

export interface Check {
  readonly what: string;
  /** The worst difference found, in the unit that `tolerance` has. */
  readonly worst: number;
  readonly tolerance: number;
  readonly unit: string;
  readonly passed: boolean;
}

/** NaN never passes. */
export function check(what: string, worst: number, tolerance: number, unit: string): Check {
  return { what, worst, tolerance, unit, passed: worst <= tolerance };
}

/** The largest |ours - peer|, as a share of the largest |peer|. */
export function near(what: string, ours: Tensor, peer: Tensor, tolerance: number): Check {
  const unit = 'of the largest value';
  if (ours.data.length !== peer.data.length || ours.data.length === 0) return check(what, Number.NaN, tolerance, unit);
  let worst = 0;
  let scale = 0;
  for (let k = 0; k < ours.data.length; k++) {
    const difference = Math.abs(ours.data[k]! - peer.data[k]!);
    if (!(difference <= worst)) worst = difference;
    scale = Math.max(scale, Math.abs(peer.data[k]!));
    if (Number.isNaN(worst)) break;
  }
  return check(what, worst === 0 ? 0 : worst / scale, tolerance, unit);
}

/** The share of entries that are further apart than `apart`. */
export function mostlyNear(what: string, ours: Tensor, peer: Tensor, apart: number, tolerance: number): Check {
  const unit = `of the entries more than ${apart} apart`;
  if (ours.data.length !== peer.data.length || ours.data.length === 0) return check(what, Number.NaN, tolerance, unit);
  let far = 0;
  for (let k = 0; k < ours.data.length; k++) if (!(Math.abs(ours.data[k]! - peer.data[k]!) <= apart)) far += 1;
  return check(what, far / ours.data.length, tolerance, unit);
}

export interface RankedLists {
  readonly lists: Tensor;
  readonly depth: number;
  /** Score of an item for the user of one row, in double precision. */
  score(row: number, item: number): number;
  /** Items that must not be in the row's list, ascending. */
  masked(row: number): Int32Array;
}

/**
 * Checks top lists against each other. Items whose scores are equal in float32 may change places, so what is compared at each
 * place is the exact score of the item, as a share of the largest; repeated, masked and unknown items count as wrong.
 */
export function sameRankings(what: string, ours: RankedLists, peer: Tensor, nItems: number, tolerance: number): Check {
  const unit = 'of the largest score';
  const { lists, depth } = ours;
  if (lists.data.length !== peer.data.length || lists.data.length === 0)
    return check(what, Number.NaN, tolerance, unit);
  let worst = 0;
  let scale = 0;
  for (let row = 0; row * depth < lists.data.length; row++) {
    const mine = lists.data.subarray(row * depth, (row + 1) * depth);
    const theirs = peer.data.subarray(row * depth, (row + 1) * depth);
    if (!legal(mine, nItems, ours.masked(row)) || !legal(theirs, nItems, ours.masked(row)))
      return check(what, Number.NaN, tolerance, unit);
    for (let k = 0; k < depth; k++) {
      const score = ours.score(row, theirs[k]!);
      scale = Math.max(scale, Math.abs(score));
      if (mine[k] !== theirs[k]) worst = Math.max(worst, Math.abs(ours.score(row, mine[k]!) - score));
    }
  }
  return check(what, worst === 0 ? 0 : worst / scale, tolerance, unit);
}

function legal(list: Float32Array | Int32Array, nItems: number, masked: Int32Array): boolean {
  const forbidden = new Set<number>(masked);
  for (const item of list) {
    if (item < 0 || item >= nItems || forbidden.has(item)) return false;
    forbidden.add(item);
  }
  return true;
}
