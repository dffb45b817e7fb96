/** The items on whose order the regulariser of PCKD looks, drawn for each user and epoch. */
import { itemsOf } from '../../data/interactions.js';
import { rankingOf } from '../../data/rankings.js';
import { stream } from '../../math/random.js';
import type { KeptTable } from '../../train/hooks.js';
import type { DistillContext } from '../_method.js';
import { createDrawOutside, drawWeighted } from '../draw.js';
import { oneRanking } from '../one-ranking.js';

export interface DrawOptions {
  readonly sampling: 'rank' | 'uniform';
  readonly guide: 'student' | 'teacher';
  readonly candidates: number;
  readonly rankTemperature: number;
  readonly period: number;
}

export interface Draws {
  /** The items of a user in an epoch, distinct, in the order drawn; fewer than asked for if there are no more. Valid within the epoch. */
  of(user: number, epoch: number): Int32Array;
  afterEpoch(epoch: number): Promise<void>;
  /** What checkpoints have to store. */
  readonly tables: readonly KeptTable[];
}

/** @param count items per user */
export async function createDraws(context: DistillContext, count: number, o: DrawOptions): Promise<Draws> {
  const { train, teachers, seed } = context;
  const key = stream(seed, 'pckd items');
  if (o.sampling === 'uniform') {
    const draw = createDrawOutside(train.nItems, key);
    const fill = (user: number, epoch: number, items: Int32Array) => draw(epoch, user, [itemsOf(train, user)], items);
    return { of: oncePerEpoch(train.nUsers, count, fill), afterEpoch: async () => {}, tables: [] };
  }
  const depth = Math.min(o.candidates, train.nItems);
  const isOwn = o.guide === 'student';
  const lists = new Int32Array(train.nUsers * depth).fill(-1);
  const take = (rankings: Parameters<typeof rankingOf>[0]) => {
    for (let user = 0; user < train.nUsers; user++) {
      lists.fill(-1, user * depth, (user + 1) * depth);
      lists.set(rankingOf(rankings, user).subarray(0, depth), user * depth);
    }
  };
  take(isOwn ? await context.rankStudent(depth) : oneRanking(teachers, train));
  // Items of rank r (from 0) in proportion to exp(-r / temperature).
  const logWeights = Float64Array.from({ length: depth }, (_, rank) => -rank / o.rankTemperature);
  const fill = (user: number, epoch: number, items: Int32Array): number => {
    const list = lists.subarray(user * depth, (user + 1) * depth);
    const end = list.indexOf(-1);
    const length = end < 0 ? depth : end;
    const drawn = drawWeighted(logWeights.subarray(0, length), count, key, epoch, user);
    drawn.forEach((position, n) => {
      items[n] = list[position]!;
    });
    return drawn.length;
  };
  return {
    of: oncePerEpoch(train.nUsers, count, fill),
    tables: isOwn ? [{ name: 'lists', values: lists }] : [],
    async afterEpoch(epoch) {
      if (isOwn && epoch % o.period === 0) take(await context.rankStudent(depth));
    },
  };
}

/** Active users occur in many batches of an epoch. */
function oncePerEpoch(
  users: number,
  width: number,
  fill: (user: number, epoch: number, items: Int32Array) => number,
): Draws['of'] {
  const items = new Int32Array(users * width);
  const lengths = new Int32Array(users);
  let drawnIn = -1;
  return (user, epoch) => {
    if (drawnIn !== epoch) lengths.fill(-1);
    drawnIn = epoch;
    const own = items.subarray(user * width, (user + 1) * width);
    if (lengths[user]! < 0) lengths[user] = fill(user, epoch, own);
    return own.subarray(0, lengths[user]!);
  };
}
