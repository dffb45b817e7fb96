/** Rankings that stay in their file. Lists are read by position, in blocks while users follow each other, else one by one. */
import type { Rankings } from '../data/rankings.js';
import type { OpenedFile, OpenFile } from '../formats/read.js';

/** Bytes that are read at once at most, unless more is asked for. */
const MOST = 2 ** 18;

/**
 * The rankings in an open file, which is closed when nobody refers to them any more.
 * @param position of the first byte of the lists in the file
 */
export function rankingsWithin(
  { file, close }: OpenedFile,
  position: number,
  sizes: Pick<Rankings, 'nUsers' | 'nItems' | 'depth'>,
): Rankings {
  const rankings = new RankingsInFile(file, position, sizes);
  closing.register(rankings, close);
  return rankings;
}

const closing = new FinalizationRegistry((close: () => void) => close());

/** `items` and `rows` are of the class, so that a copy with other lists, made by spreading, has neither. */
class RankingsInFile implements Rankings {
  readonly nUsers: number;
  readonly nItems: number;
  readonly depth: number;
  readonly #file: OpenFile;
  readonly #position: number;
  /** The lists of users `#from` to `#to` (exclusive). */
  #block: Int32Array = new Int32Array(0);
  #from = 0;
  #to = 0;

  constructor(
    file: OpenFile,
    position: number,
    { nUsers, nItems, depth }: Pick<Rankings, 'nUsers' | 'nItems' | 'depth'>,
  ) {
    [this.nUsers, this.nItems, this.depth] = [nUsers, nItems, depth];
    [this.#file, this.#position] = [file, position];
  }

  get items(): Int32Array {
    return this.#read(0, this.nUsers);
  }

  rows(from: number, to: number): Int32Array {
    const { depth } = this;
    if (from < this.#from || to > this.#to) {
      const before = this.#to - this.#from;
      // Users who are asked for in order may skip some. Blocks then grow; those of users in any order stay short.
      const follows = from >= this.#from && from <= this.#to + before;
      const most = Math.max(1, Math.floor(MOST / (4 * Math.max(1, depth))));
      const users = Math.max(to - from, follows ? Math.min(most, 2 * before + 1) : 1);
      [this.#from, this.#to] = [from, Math.min(this.nUsers, from + users)];
      // A new block each time: earlier lists stay as they are.
      this.#block = this.#read(this.#from, this.#to);
    }
    return this.#block.subarray((from - this.#from) * depth, (to - this.#from) * depth);
  }

  #read(from: number, to: number): Int32Array {
    const bytes = this.#file.read(this.#position + from * this.depth * 4, (to - from) * this.depth * 4);
    return new Int32Array(bytes.buffer, 0, (to - from) * this.depth);
  }
}
