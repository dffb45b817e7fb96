/** Rankings of all users, from the files of the shards. */
import { join } from 'node:path';
import type { Rankings } from '../../data/rankings.js';
import { readSafetensors, tensorOf } from '../../formats/safetensors.js';
import { PART_TENSORS } from './part-files.js';
import type { RankingName } from './rank.js';

/** One array for the rankings of all users, which is used again for the next ones. */
export type Room = (length: number) => Int32Array;

export function createRoom(): Room {
  let array = new Int32Array(0);
  return (length) => {
    if (array.length < length) array = new Int32Array(length);
    return array.subarray(0, length);
  };
}

export interface ShardedRankings {
  /** Folders of the parts, in the order of the shards. */
  readonly folders: readonly string[];
  readonly nUsers: number;
  readonly nItems: number;
  /** Length of the lists in the parts. */
  readonly depth: number;
}

/** The whole lists. They are read into `room` whenever `items` is read. @param kept users whose lists are not left empty; absent: all */
export function wholeRankings(sharded: ShardedRankings, name: RankingName, room: Room, kept?: Int32Array): Rankings {
  const { nUsers, nItems, depth } = sharded;
  return {
    ...{ nUsers, nItems, depth },
    get items() {
      const items = read(sharded, name, depth, room(nUsers * depth));
      if (kept) {
        for (let user = 0, at = 0; user < nUsers; user++) {
          if (kept[at] === user) at += 1;
          else items.fill(-1, user * depth, (user + 1) * depth);
        }
      }
      return items;
    },
  };
}

/** The first `most` items of each list. */
export function firstOf(sharded: ShardedRankings, name: RankingName, most: number): Rankings {
  const { nUsers, nItems, depth } = sharded;
  const kept = Math.min(depth, most);
  return { nUsers, nItems, depth: kept, items: read(sharded, name, kept, new Int32Array(nUsers * kept)) };
}

/** @throws RecdistillError `file-missing`, `artifact-damaged` */
function read({ folders, depth }: ShardedRankings, name: RankingName, kept: number, out: Int32Array): Int32Array {
  let user = 0;
  for (const folder of folders) {
    const path = join(folder, PART_TENSORS);
    const items = tensorOf(path, readSafetensors(path), name, Int32Array, [null, depth]);
    for (let at = 0; at < items.length; at += depth, user++) out.set(items.subarray(at, at + kept), user * kept);
  }
  return out;
}
