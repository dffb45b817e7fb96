import { type RandomKey, scaleWord, threefry2x32, uniformInt } from '../../math/random.js';
import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import type { Rows } from '../rows.js';
import { ATTEMPTS } from './layout.js';

const CHUNK = 8192;

export interface RandomKernels {
  /** out[k] = scale * a standard normal value, from counter (epoch, k). Box-Muller. */
  normal(out: Floats, key: RandomKey, epoch: number, scale: number): void;
  /** out[k] = a whole number in `[0, last - k]`, from counter (epoch, last - k): the places of a shuffle, see `shuffle`. */
  places(out: Int32Array, key: RandomKey, epoch: number, last: number): void;
  /**
   * out[k] = an item in `[0, nItems)` that `users[k]` does not have in `rows`, sampled uniformly from the counters
   * (epoch * 64 + attempt, first + k). A user who has every item gets any item.
   * @param pool items to sample from instead; an item's probability is proportional to its frequency in it
   */
  negatives(
    out: Int32Array,
    users: Int32Array,
    rows: Rows,
    nItems: number,
    key: RandomKey,
    epoch: number,
    first: number,
    pool?: Int32Array,
  ): void;
}

export function randomReference(_: Machine): RandomKernels {
  const words = new Uint32Array(2);
  return {
    normal(out, key, epoch, scale) {
      for (let k = 0; k < out.length; k++) {
        threefry2x32(key.k0, key.k1, epoch, k, words);
        const u = (words[0]! + 0.5) / 2 ** 32;
        out[k] = scale * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * (words[1]! / 2 ** 32));
      }
    },
    places(out, key, epoch, last) {
      for (let k = 0; k < out.length; k++) out[k] = uniformInt(key, epoch, last - k, last - k + 1);
    },
    negatives(out, users, rows, nItems, key, epoch, first, pool) {
      for (let k = 0; k < out.length; k++) {
        const own = rows.indices.subarray(rows.indptr[users[k]!]!, rows.indptr[users[k]! + 1]!);
        let item = 0;
        let attempt = 0;
        for (; attempt < ATTEMPTS; attempt++) {
          threefry2x32(key.k0, key.k1, epoch * ATTEMPTS + attempt, first + k, words);
          const drawn = scaleWord(words[0]!, pool?.length ?? nItems);
          item = pool?.[drawn] ?? drawn;
          if (!own.includes(item)) break;
        }
        for (let step = 0; attempt === ATTEMPTS && step < nItems && own.includes(item); step++) {
          item = item + 1 === nItems ? 0 : item + 1;
        }
        out[k] = item;
      }
    },
  };
}

export function randomWasm(m: WasmMachine): RandomKernels {
  return {
    normal(out, key, epoch, scale) {
      m.run('normal', { out, ...key, epoch, scale }, out.length, CHUNK);
    },
    places(out, key, epoch, last) {
      m.run('places', { out, ...key, epoch, last }, out.length, 4096);
    },
    negatives(out, users, rows, nItems, key, epoch, first, pool) {
      const args = {
        out,
        ...{ users, indptr: rows.indptr, indices: rows.indices, nItems },
        ...{ pool, poolSize: pool?.length ?? nItems, ...key, epoch, first },
      };
      m.run('negatives', args, out.length, 1024);
    },
  };
}
