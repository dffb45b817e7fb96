/** Rankings of all users, from the files of the shards. */
import { join } from 'node:path';
import type { Rankings } from '../../data/rankings.js';
import { fail } from '../../errors.js';
import { withFile } from '../../formats/read.js';
import { readHeader } from '../../formats/safetensors-places.js';
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

/** Users whose lists are read together. */
const AT_ONCE = 2 ** 14;

/** @throws RecdistillError `file-missing`, `artifact-damaged` */
function read({ folders, depth }: ShardedRankings, name: RankingName, kept: number, out: Int32Array): Int32Array {
  let user = 0;
  for (const folder of folders) {
    const path = join(folder, PART_TENSORS);
    const place = readHeader(path).get(name);
    if (place?.type !== 'Int32Array' || place.length % depth !== 0)
      fail('artifact-damaged', { path, problem: `it has no lists "${name}" of ${depth} items` });
    withFile(path, (file) => {
      for (let at = 0; at < place.length; at += AT_ONCE * depth) {
        const length = Math.min(place.length - at, AT_ONCE * depth);
        const items = new Int32Array(file.read(place.position + at * 4, length * 4).buffer);
        for (let from = 0; from < length; from += depth, user++)
          out.set(items.subarray(from, from + kept), user * kept);
      }
    });
  }
  return out;
}
