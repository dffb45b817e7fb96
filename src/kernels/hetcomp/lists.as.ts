// The items of a user that are not in the remainder: train items and listed items.

import { LINK_BYTES } from './layout';
import { inPanel } from '../strips/table.as';
import { HetcompPlan, panel } from './plan.as';

/** Length of a list without the -1 at its end. */
// @ts-ignore: decorator
@inline
export function lengthOf(list: usize, most: i32, nItems: i32): i32 {
  let n = 0;
  while (n < most && (load<i32>(list + ((n as usize) << 2)) as u32) < (nItems as u32)) n++;
  return n;
}

// @ts-ignore: decorator
@inline
export function userOf(p: HetcompPlan, index: i32): i32 {
  return load<i32>(p.users + ((index as usize) << 2));
}

// @ts-ignore: decorator
@inline
export function rankedOf(p: HetcompPlan, user: i32): usize {
  return p.ranked + (((user as usize) * (p.topK as usize)) << 2);
}

/** A listed item of a user, linked with the user's other listed items in the same tile. LINK_BYTES bytes, the last four unused. */
@unmanaged
export class Link {
  /** Index in the list of the next one in the same tile, or -1. */
  next: i32;
  /** 1 if the item counts in the remainder of the shorter list of phase fine. */
  counts: i32;
  /** Its score or exponential before it was overwritten; the overwriting value if the item occurs twice in the list. */
  value: f32;
}
// @ts-ignore: decorator
@inline
export function linkOf(p: HetcompPlan, g: i32, b: i32, r: i32): Link {
  return changetype<Link>(p.links + (((g * 4 + b) * p.topK + r) as usize) * LINK_BYTES);
}

/** Address of one user's value for one item. */
// @ts-ignore: decorator
@inline
export function cell(p: HetcompPlan, g: i32, b: i32, item: i32): usize {
  return panel(p, item >> p.shift, g) + inPanel(b, item & ((1 << p.shift) - 1));
}

/**
 * Links the listed items of a user by tile, so that exclude() finds them without a search. An item counts in the remainder of the
 * shorter list of phase fine if it is not a train item, not on that list and did not occur before.
 */
export function mark(p: HetcompPlan, g: i32, b: i32, index: i32): void {
  const user = userOf(p, index);
  const ranked = rankedOf(p, user);
  const taught = lengthOf(ranked, p.taught, p.nItems);
  const heads = p.heads + ((((g * (p.tiles + 1)) * 4 + b) as usize) << 2);
  for (let r = taught - 1; r >= 0; r--) {
    const head = heads + (((load<i32>(ranked + ((r as usize) << 2)) >> p.shift) as usize) << 4);
    linkOf(p, g, b, r).next = load<i32>(head);
    store<i32>(head, r);
  }
  if (!p.fine) return;
  // The user's row of exponentials is unused until the scores are computed. Until then it marks items that have occurred.
  for (let r = 0; r < taught; r++) store<i32>(cell(p, g, b, load<i32>(ranked + ((r as usize) << 2))), 0);
  const stop = load<i32>(p.trainStarts + ((user as usize) << 2), 4);
  for (let k = load<i32>(p.trainStarts + ((user as usize) << 2)); k < stop; k++) {
    store<i32>(cell(p, g, b, load<i32>(p.trainItems + ((k as usize) << 2))), 1);
  }
  for (let r = 0; r < taught; r++) {
    const seen = cell(p, g, b, load<i32>(ranked + ((r as usize) << 2)));
    linkOf(p, g, b, r).counts = r >= p.taughtTwice && load<i32>(seen) == 0 ? 1 : 0;
    store<i32>(seen, 1);
  }
}

/**
 * Overwrites the values of items outside of the remainder and of the padding after the last item. The links keep the values of the listed
 * items. Tiles are processed in order from 0.
 */
export function exclude(p: HetcompPlan, g: i32, tile: i32, e: usize, first: i32, alive: i32, value: f32): void {
  const heads = p.heads + (((g * (p.tiles + 1)) as usize) << 4);
  const from = tile << p.shift;
  const to = from + (1 << p.shift);
  for (let b = 0; b < 4; b++) {
    for (let item = max(p.nItems, from); item < to; item++) store<f32>(e + inPanel(b, item - from), value);
    if (!((alive >> b) & 1)) continue;
    const user = userOf(p, first + g * 4 + b);
    const ranked = rankedOf(p, user);
    for (let r = load<i32>(heads + (((tile * 4 + b) as usize) << 2)); r >= 0; ) {
      const link = linkOf(p, g, b, r);
      const at = e + inPanel(b, load<i32>(ranked + ((r as usize) << 2)) - from);
      link.value = load<f32>(at);
      store<f32>(at, value);
      r = link.next;
    }
    // The last row of heads holds the position in each user's train items.
    const cursor = heads + (((p.tiles * 4 + b) as usize) << 2);
    const stop = load<i32>(p.trainStarts + ((user as usize) << 2), 4);
    let k = tile == 0 ? load<i32>(p.trainStarts + ((user as usize) << 2)) : load<i32>(cursor);
    for (; k < stop; k++) {
      const item = load<i32>(p.trainItems + ((k as usize) << 2));
      if (item >= to) break;
      store<f32>(e + inPanel(b, item - from), value);
    }
    store<i32>(cursor, k);
  }
}
