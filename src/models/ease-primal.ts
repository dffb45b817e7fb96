/** EASE with the inverse of the matrix of items (ease.ts): the matrix, and the model of the users whose interactions are given. */
import { type Interactions, itemsOf, weightsOf } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels, placeOf, type Rows, type Symmetric, takeRows } from '../kernels/index.js';
import type { Model } from './_model.js';
import { takeAscending } from './given-histories.js';

/** Additions between two steps. */
const ADDS_AT_ONCE = 2 ** 19;

/** How rows of X P are computed. */
export interface EaseScores {
  /** out = the rows of X P of these users. */
  write(users: Int32Array, out: Floats): void;
  /** out = the histories, which need not be rows of X, times P. */
  given(histories: Rows, out: Floats): void;
  close(): void;
}

/** out = rows of X P: weighted sums of rows of P. */
export function primalScores(k: Kernels, inverse: Symmetric, train: Interactions): EaseScores {
  const rows = takeRows(k, { columns: inverse.n, indptr: train.indptr, indices: train.indices }, train.weights);
  const sums = (of: Rows, chosen: Int32Array, out: Floats) => {
    const own = k.ints(chosen.length);
    own.set(chosen);
    k.sumRows(of, own, inverse, out);
    k.free(own);
  };
  return {
    write: (users, out) => sums(rows, users, out),
    given: (histories, out) => sums(histories, eachOf(histories.rows), out),
    close: () => freeRows(k, rows),
  };
}

export interface EaseParts {
  /** Of the users of the model. */
  readonly train: Interactions;
  readonly inverse: Symmetric;
  /** P_jj of every item. */
  readonly diagonal: Float64Array;
  readonly score: EaseScores;
  /** Number of values that scoring needs. */
  readonly size: number;
}

/** The model with the scores X B. It closes `score` and frees `inverse`. */
export function modelOfScores(k: Kernels, { train, inverse, diagonal, score, size }: EaseParts): Model {
  const { nUsers, nItems } = train;
  return {
    ...{ name: 'ease', nUsers, nItems, parameters: [], size },
    scoreRows(users, out) {
      score.write(users, out);
      toScores(train, users, out);
    },
    histories: {
      // The scores of an empty history are 0.
      score(given, out) {
        const histories = takeAscending(k, given, nItems, 'weighted');
        score.given(histories, out);
        toScores(histories, eachOf(given.rows), out);
        freeRows(k, histories);
      },
    },
    close() {
      score.close();
      k.free(inverse.values);
    },
  };

  /** From rows of X P to rows of X B. @param x has the rows `chosen` of X */
  function toScores(x: Pick<Rows, 'indptr' | 'indices' | 'weights'>, chosen: Int32Array, out: Floats): void {
    for (let r = 0; r < chosen.length; r++) {
      const at = r * nItems;
      for (let j = 0; j < nItems; j++) out[at + j] = -out[at + j]! / diagonal[j]!;
      for (let e = x.indptr[chosen[r]!]!; e < x.indptr[chosen[r]! + 1]!; e++)
        out[at + x.indices[e]!]! += x.weights?.[e] ?? 1;
    }
  }
}

/** 0, 1, 2, ... */
export const eachOf = (length: number): Int32Array => Int32Array.from({ length }, (_, at) => at);

/**
 * target += Y'Y.
 * @param y its rows (users or items) list the columns
 * @param step gets the additions that are done
 */
export async function addProducts(
  { values }: Pick<Symmetric, 'values'>,
  y: Interactions,
  step: (done: number) => Promise<void>,
) {
  const look = everySoOften(step);
  for (let row = 0; row < y.nUsers; row++) {
    const own = itemsOf(y, row);
    const weights = weightsOf(y, row);
    for (let a = 0; a < own.length; a++) {
      for (let b = 0; b <= a; b++) values[placeOf(own[a]!, own[b]!)]! += weights ? weights[a]! * weights[b]! : 1;
      if (look.due(a + 1)) await look.now();
    }
  }
}

/** Counts additions, so that steps come at even intervals for long and short rows. */
export function everySoOften(step: (done: number) => Promise<void>) {
  let [done, asked] = [0, 0];
  return {
    due(adds: number): boolean {
      done += adds;
      return done - asked >= ADDS_AT_ONCE;
    },
    now(): Promise<void> {
      asked = done;
      return step(done);
    },
  };
}
