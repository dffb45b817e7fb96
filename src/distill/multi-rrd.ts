/**
 * RRD with several teachers: each teacher's list has its own loss, with one weight per user and teacher. The weights are trained together
 * with the student. They decrease for teachers whose order the student does not reach, with a regularisation towards equal weights. This
 * is our method, in place of multi-teacher methods whose definition could not be found (docs/methods/multi-rrd.md).
 */

import { itemsOf } from '../data/interactions.js';
import { rankingOf } from '../data/rankings.js';
import type { Floats } from '../kernels/index.js';
import { plackettLuce } from '../losses/index.js';
import { stream } from '../math/random.js';
import { choice, float, int, options } from '../options/options.js';
import { distillationMethod } from './_method.js';
import { lossUsersShape } from './batch-users.js';
import { createDrawOutside } from './draw.js';
import { samplingShape, takenOf } from './sampling.js';
import { createListLoss } from './user-lists.js';
import { lossWeight, searchAround } from './weight.js';

export const multiRrd = distillationMethod({
  name: 'multi-rrd',
  summary: 'rrd with several teachers, each with a weight per user',
  source: 'recdistill, after Kang et al., DE-RRD, CIKM 2020',
  needs: { teachers: 'many', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.02) },
  options: options({
    lambda: lossWeight(0.02),
    ...lossUsersShape,
    weighting: choice(['learned', 'uniform'], {
      default: 'learned',
      help: 'Whether the teacher weights of a user are learned, or those of the ensemble (equal by default).',
    }),
    evenness: float({
      default: 1,
      min: 0,
      max: 1e6,
      help: 'Regularisation of learned weights towards those of the ensemble (equal by default), by Kullback-Leibler divergence.',
    }),
    topK: int({ default: 40, min: 1, max: 1000, help: "Ordered items of each teacher's list." }),
    remainder: int({
      default: 40,
      min: 0,
      max: 1000,
      help: "Items that should be ranked below them, sampled in each epoch from items that are neither the user's nor candidates of any teacher.",
    }),
    ...samplingShape,
  }),
  small: { topK: 10, candidates: 15 },
  create(context, o) {
    const { kernels: k, train, teachers, seed } = context;
    const last = teachers.map((t) => t.checkpoints.at(-1)!.rankings);
    const keys = teachers.map((_, x) => stream(seed, `multi-rrd top items ${x}`));
    const draw = createDrawOutside(train.nItems, stream(seed, 'multi-rrd remainder'));
    const listsOf = (user: number) => last.map((r) => rankingOf(r, user).subarray(0, o.candidates));
    const taught = teachers.length * o.topK;
    const own = { scores: new Float64Array(o.topK + o.remainder), gradient: new Float64Array(o.topK + o.remainder) };
    const logits = {
      name: 'teachers',
      shape: [train.nUsers, teachers.length],
      values: k.floats(train.nUsers * teachers.length),
      gradient: k.floats(train.nUsers * teachers.length),
    };
    const given = teachers.map((t) => t.weight ?? 1);
    for (let at = 0; at < logits.values.length; at++) logits.values[at] = Math.log(given[at % given.length]!);
    /**
     * Losses of the teachers, and the weighted gradients of their scores. The remainder is the same for all. A shorter list is scaled to the
     * weight of a full one. A teacher without a list for this user has no weight; otherwise its loss of 0 would count as a good fit.
     */
    const weighted = (user: number, scores: Floats, gradient: Floats): number => {
      const ranked = listsOf(user).map((list) => Math.min(o.topK, list.length));
      gradient.fill(0);
      // No teacher has a list for this user.
      if (ranked.every((count) => count === 0)) return 0;
      const shared = scores.subarray(ranked.reduce((a, b) => a + b, 0));
      const ownLogits = logits.values.subarray(user * teachers.length, (user + 1) * teachers.length);
      const weights = softmax(ranked.map((count, x) => (count > 0 ? ownLogits[x]! : Number.NEGATIVE_INFINITY)));
      let from = 0;
      const losses = ranked.map((count, x) => {
        const n = count + shared.length;
        own.scores.set(scores.subarray(from, from + count));
        own.scores.set(shared, count);
        const factor = count > 0 ? o.topK / count : 0;
        const loss = factor * plackettLuce(own.scores, own.gradient, count, n);
        for (let at = 0; at < n; at++) {
          const place = at < count ? from + at : scores.length - n + at;
          gradient[place]! += weights[x]! * factor * own.gradient[at]!;
        }
        from += count;
        return loss;
      });
      return o.weighting === 'uniform' ? expected(weights, losses) : learn(user, weights, losses);
    };
    /** The loss of the weights, sum over teachers of w (loss + evenness term log(w / weight of the ensemble)), and its gradient with respect to their logits. */
    const learn = (user: number, weights: Float64Array, losses: readonly number[]): number => {
      const known = weights.filter((w) => w > 0).length;
      const mean = given.reduce((all, w, x) => (weights[x]! > 0 ? all + w : all), 0) / known;
      const costs = losses.map((loss, x) =>
        weights[x]! > 0 ? loss + o.evenness * o.topK * Math.log((weights[x]! * known) / (given[x]! / mean)) : 0,
      );
      const sum = expected(weights, costs);
      costs.forEach((cost, x) => {
        logits.gradient[user * losses.length + x]! += o.lambda * weights[x]! * (cost - sum);
      });
      return sum;
    };
    const listLoss = createListLoss(context, o, {
      width: taught + o.remainder,
      fill(user, epoch, items) {
        const lists = listsOf(user);
        let n = 0;
        lists.forEach((list, x) => {
          const taken = takenOf(list, o, keys[x]!, epoch, user);
          items.set(taken, n);
          n += taken.length;
        });
        return n + draw(epoch, user, [itemsOf(train, user), ...lists], items.subarray(n, n + o.remainder));
      },
      loss: (user, _epoch, scores, gradient) => weighted(user, scores, gradient),
    });
    return {
      base: 'kept',
      accumulate: listLoss.accumulate,
      ...(o.weighting === 'learned' ? { parameters: [logits] } : {}),
      close() {
        listLoss.close();
        k.free(logits.values, logits.gradient);
      },
    };
  },
});

/** Equal logits, as at the start of equal weights, give equal weights. */
function softmax(logits: readonly number[]): Float64Array {
  const most = Math.max(...logits);
  const e = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = e.reduce((a, b) => a + b);
  return e.map((x) => x / sum);
}

const expected = (weights: Float64Array, values: readonly number[]): number =>
  values.reduce((sum, value, x) => sum + weights[x]! * value, 0);
