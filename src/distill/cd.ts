/**
 * CD, collaborative distillation (Lee et al., ICDM 2019): binary cross-entropy with soft targets on sampled unobserved items; higher-ranked
 * items are more likely. If the teacher's scores are unknown, targets are derived from its ranks. docs/methods/cd.md lists our choices.
 */

import { type Interactions, itemsOf } from '../data/interactions.js';
import { type Rankings, rankingOf } from '../data/rankings.js';
import { bce, softTargets } from '../losses/index.js';
import { type RandomKey, stream, uniform } from '../math/random.js';
import type { Tables } from '../models/_model.js';
import { choice, float, int, type OptionsOf, options } from '../options/options.js';
import { type DistillContext, distillationMethod, type TeacherKnowledge } from './_method.js';
import { lossUsersShape } from './batch-users.js';
import { createDrawOutside } from './draw.js';
import { oneRanking } from './one-ranking.js';
import { createListLoss } from './user-lists.js';
import { lossWeight, searchAround } from './weight.js';

const cdOptions = options({
  lambda: lossWeight(1),
  ...lossUsersShape,
  samples: int({ default: 50, min: 1, max: 10_000, help: 'Items per user, sampled again in each epoch.' }),
  guide: choice(['teacher', 'student'], { default: 'teacher', help: 'The ranking from which items are sampled.' }),
  candidates: int({
    default: 3000,
    min: 1,
    max: 1_000_000,
    help: 'Length of that ranking. Runs store 100 items per user; positions after these are filled with random items.',
  }),
  period: int({
    default: 10,
    min: 1,
    max: 10_000,
    help: "Epochs between two updates of the student's ranking, with guide student.",
  }),
  targets: choice(['scores', 'rank'], {
    default: 'scores',
    help: 'scores: sigmoid((score + shift) / temperature), for a single teacher with embeddings. rank, and in all other cases: exp(-rank / rankTemperature), and 0 for items that the list does not contain.',
  }),
  temperature: float({ default: 2, above: 0, max: 1e6, help: 'Temperature of targets from scores.' }),
  shift: float({ default: 0, min: -1e6, max: 1e6, help: 'Added to scores before the sigmoid.' }),
  rankTemperature: float({ default: 50, above: 0, max: 1e6, help: 'Temperature of targets from ranks.' }),
});

export const cd = distillationMethod({
  name: 'cd',
  summary: 'Collaborative distillation: soft targets on unobserved items that are sampled by rank',
  source: 'Lee et al., Collaborative distillation for top-n recommendation, ICDM 2019',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(1) },
  options: cdOptions,
  small: { candidates: 15, samples: 8, period: 1 },
  async create(context, o) {
    const { train, teachers, seed } = context;
    const rankings = oneRanking(teachers, train);
    const targets = targetsOf(teachers, rankings, train, o);
    const key = stream(seed, 'cd samples');
    const drawOutside = createDrawOutside(train.nItems, stream(seed, 'cd behind the list'));
    const guide = o.guide === 'student' ? await studentGuide(context.rankStudent, train, o.candidates) : undefined;
    const listLoss = createListLoss(context, o, {
      width: o.samples,
      fill(user, epoch, items) {
        const own = itemsOf(train, user);
        const list = rankingOf(guide?.rankings ?? rankings, user).subarray(0, o.candidates);
        const candidates = Math.min(o.candidates, train.nItems - own.length);
        const positions = drawFront(candidates, o.samples, key, epoch, user);
        const listed = positions.filter((position) => position < list.length);
        items.set(listed.map((position) => list[position]!));
        const others = items.subarray(listed.length, positions.length);
        return listed.length + drawOutside(epoch, user, [own, list], others);
      },
      loss: (user, _epoch, scores, gradient, items) => bce(scores, targets(user, items), gradient, items.length),
    });
    return {
      base: 'kept',
      ...listLoss,
      ...(guide ? { tables: [{ name: 'guide', values: guide.rankings.items }] } : {}),
      async afterEpoch(epoch) {
        if (epoch % o.period === 0) await guide?.update();
        return { restartPatience: false };
      },
    };
  },
});

/** Maximum attempts per requested item, because the last items of a short list may take very long to sample. */
const ATTEMPTS = 8;

/**
 * Up to `count` distinct positions in a list of `n`. Each is the better of two that are sampled in proportion to
 * e^(-(position / n) / 20). All positions if `n <= count`.
 */
export function drawFront(n: number, count: number, key: RandomKey, epoch: number, user: number): number[] {
  if (n <= count) return Array.from({ length: n }, (_, position) => position);
  const rate = 1 / (20 * n);
  // Inverse distribution function of a geometric distribution truncated at n.
  const all = -Math.expm1(-rate * n);
  const position = (u: number) => Math.min(n - 1, Math.floor(-Math.log1p(-u * all) / rate));
  const found = new Set<number>();
  const most = 2 * ATTEMPTS * count;
  for (let at = 0; found.size < count && at < most; at += 2) {
    const [a, b] = [uniform(key, epoch, user * most + at), uniform(key, epoch, user * most + at + 1)];
    found.add(position(Math.min(a, b)));
  }
  return [...found];
}

/** The student's ranking at the last update. */
async function studentGuide(rank: DistillContext['rankStudent'], train: Interactions, candidates: number) {
  const rankings = await rank(Math.min(candidates, train.nItems));
  return { rankings, update: async () => rankings.items.set((await rank(rankings.depth)).items) };
}

type Targets = (user: number, items: Int32Array) => Float64Array;

function targetsOf(
  teachers: readonly TeacherKnowledge[],
  rankings: Rankings,
  train: Interactions,
  o: OptionsOf<typeof cdOptions>,
): Targets {
  const out = new Float64Array(o.samples);
  const [{ tables } = {}, ...more] = teachers;
  if (o.targets === 'scores' && tables && more.length === 0) {
    return (user, items) => {
      items.forEach((item, n) => {
        out[n] = product(tables, user, item);
      });
      softTargets(out, o.shift, o.temperature, out, items.length);
      return out;
    };
  }
  const ranks = new Int32Array(train.nItems).fill(-1);
  return (user, items) => {
    const list = rankingOf(rankings, user);
    list.forEach((item, rank) => {
      ranks[item] = rank;
    });
    items.forEach((item, n) => {
      out[n] = ranks[item]! < 0 ? 0 : Math.exp(-ranks[item]! / o.rankTemperature);
    });
    for (const item of list) ranks[item] = -1;
    return out;
  };
}

function product({ userFactors, itemFactors, dim }: Tables, user: number, item: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += userFactors[user * dim + d]! * itemFactors[item * dim + d]!;
  return sum;
}
