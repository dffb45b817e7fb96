/** Lists of users who have few items, without padding: those of train items take as much memory as train itself, and not `depth` for each user. */
import { type Interactions, itemsOf } from './interactions.js';
import type { Rankings } from './rankings.js';

/** Rankings of items that a user has. `items` and `rows` are made when they are asked for, padded with -1. */
export class ListsByLength implements Rankings {
  readonly nUsers: number;
  readonly nItems: number;
  readonly depth: number;
  /** Where the list of a user starts. It has room for `depth` items, or for all of the user if they are fewer. */
  readonly #starts: Float64Array;
  readonly #lengths: Int32Array;
  readonly #items: Int32Array;

  /** @param own the only items that a list may have, each once */
  constructor(own: Interactions, depth: number) {
    [this.nUsers, this.nItems, this.depth] = [own.nUsers, own.nItems, depth];
    this.#starts = new Float64Array(own.nUsers + 1);
    for (let u = 0; u < own.nUsers; u++)
      this.#starts[u + 1] = this.#starts[u]! + Math.min(depth, itemsOf(own, u).length);
    this.#lengths = new Int32Array(own.nUsers);
    this.#items = new Int32Array(this.#starts[own.nUsers]!);
  }

  /** Adds to the end of the list of a user. Items beyond `depth` are ignored. */
  add(user: number, item: number): void {
    const at = this.#starts[user]! + this.#lengths[user]!;
    if (at === this.#starts[user + 1]) return;
    this.#items[at] = item;
    this.#lengths[user]! += 1;
  }

  get items(): Int32Array {
    return this.rows(0, this.nUsers);
  }

  rows(from: number, to: number): Int32Array {
    const rows = new Int32Array((to - from) * this.depth).fill(-1);
    for (let u = from; u < to; u++) {
      const start = this.#starts[u]!;
      rows.set(this.#items.subarray(start, start + this.#lengths[u]!), (u - from) * this.depth);
    }
    return rows;
  }
}
