/**
 * How much teachers disagree about an item: the deviation of its importance over the teachers. Ours (docs/methods/hetcomp.md): items on which all
 * teachers agree are mostly popular, while an item that one teacher ranks first and others do not has a high deviation.
 */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import { createImportance, type UserRanking } from './fuse.js';
import type { ImportanceOptions } from './importance.js';

/** The items of a user that a teacher lists, and for each the mean and the population standard deviation of its importance over the teachers. */
export interface Agreement {
  readonly items: Int32Array;
  readonly consensus: Float64Array;
  readonly dissensus: Float64Array;
}

/**
 * @param rankings of one user, one of each teacher. An item that a teacher does not list has importance 0 there. Teachers count by their weights
 * @param without items that are left out; ranks are among the others
 */
export type AgreementOf = (rankings: readonly UserRanking[], without?: Int32Array) => Agreement;

export function createAgreement(nItems: number, o: ImportanceOptions): AgreementOf {
  const importanceOf = createImportance(nItems, o);
  const values = new Float64Array(Math.min(nItems, o.cutoff));
  const places = new Int32Array(nItems).fill(-1);
  return (rankings, without) => {
    const hidden = new Set(without);
    const shown = (list: Int32Array) => (hidden.size === 0 ? list : list.filter((item) => !hidden.has(item)));
    const items: number[] = [];
    const teachers = rankings.map((ranking) => {
      const list = shown(ranking.list);
      const end = importanceOf({ list, earlier: ranking.earlier?.map(shown) ?? [] }, values);
      for (let r = 0; r < end; r++) {
        if (places[list[r]!]! >= 0) continue;
        places[list[r]!] = items.length;
        items.push(list[r]!);
      }
      return { list, importance: values.slice(0, end), weight: ranking.weight ?? 1 };
    });
    const total = teachers.reduce((sum, { weight }) => sum + weight, 0);
    const of = () => new Float64Array(items.length);
    // Weights are divided out at the end, so that equal importance of all teachers gives a deviation of exactly 0.
    const [consensus, squares, listed] = [of(), of(), of()];
    const each = (visit: (at: number, value: number, weight: number) => void) => {
      for (const { list, importance, weight } of teachers)
        importance.forEach((value, r) => void visit(places[list[r]!]!, value, weight));
    };
    each((at, value, weight) => {
      consensus[at]! += weight * value;
      listed[at]! += weight;
    });
    for (let at = 0; at < items.length; at++) consensus[at]! /= total;
    each((at, value, weight) => {
      squares[at]! += weight * (value - consensus[at]!) ** 2;
    });
    // A teacher that does not list an item has the deviation of importance 0.
    const dissensus = squares.map((sum, at) =>
      Math.sqrt((sum + Math.max(0, total - listed[at]!) * consensus[at]! ** 2) / total),
    );
    for (const item of items) places[item] = -1;
    return { items: Int32Array.from(items), consensus, dissensus };
  };
}

/** The `topK` items by consensus + delta * dissensus, ties by lower id. Fewer if fewer have a value above 0. */
export function topByDissensus({ items, consensus, dissensus }: Agreement, delta: number, topK: number): Int32Array {
  const value = consensus.map((mean, at) => mean + delta * dissensus[at]!);
  return Int32Array.from(value.keys())
    .filter((at) => value[at]! > 0)
    .sort((a, b) => value[b]! - value[a]! || items[a]! - items[b]!)
    .subarray(0, topK)
    .map((at) => items[at]!);
}

export interface RerankOptions {
  /** Share of the dissensus in the value, 0 to 1. With 0 the order does not change. */
  readonly eta: number;
  /** The item at position k (from 0) has the value exp(-k / temperature) without dissensus. */
  readonly temperature: number;
}

/** The value of each item of a list: (1 - eta) exp(-k / temperature) + eta * dissensus / its maximum over the list. @param dissensus one value per item of the list */
export function rerankValues(dissensus: Float64Array, { eta, temperature }: RerankOptions): Float64Array {
  const most = dissensus.reduce((a, b) => Math.max(a, b), 0);
  return dissensus.map((value, k) => (1 - eta) * Math.exp(-k / temperature) + (most > 0 ? (eta * value) / most : 0));
}

/** A list in the order of these values; ties keep their order. */
export function reranked(list: Int32Array, dissensus: Float64Array, o: RerankOptions): Int32Array {
  const value = rerankValues(dissensus, o);
  return Int32Array.from(list.keys())
    .sort((a, b) => value[b]! - value[a]! || a - b)
    .map((at) => list[at]!);
}

/**
 * The lists of a student, each re-ranked by the dissensus of its teachers: `reranked` for every user.
 * @param teachers rankings of at least two teachers, of the users and items of the student's
 * @param train items of each user that are excluded; imported teachers may list them
 * @param importance of ranks in the teachers' lists
 */
export function rerankRankings(
  student: Rankings,
  teachers: readonly Rankings[],
  train: Interactions,
  importance: ImportanceOptions,
  o: RerankOptions,
): Rankings {
  const agreementOf = createAgreement(student.nItems, importance);
  const dissensusOf = new Float64Array(student.nItems);
  const items = student.items.slice();
  for (let user = 0; user < student.nUsers; user++) {
    const found = agreementOf(
      teachers.map((t) => ({ list: rankingOf(t, user) })),
      itemsOf(train, user),
    );
    found.items.forEach((item, at) => {
      dissensusOf[item] = found.dissensus[at]!;
    });
    const list = rankingOf(student, user);
    const own = Float64Array.from(list, (item) => dissensusOf[item]!);
    items.set(reranked(list, own, o), user * student.depth);
    for (const item of found.items) dissensusOf[item] = 0;
  }
  return { ...student, items };
}
