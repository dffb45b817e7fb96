/** The draws of PCKD, what its regulariser teaches, and what is left without it. */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../../data/interactions.js';
import { createReferenceKernels } from '../../kernels/index.js';
import type { Batch, TrainableModel } from '../../models/_model.js';
import type { DistillContext } from '../_method.js';
import { createProjection } from '../features/projection.js';
import { createSide } from '../features/side.js';
import { taught } from '../features/taught.test.support.js';
import { createDraws } from './draws.js';
import { createPreference } from './preference.js';

const usual = { sampling: 'rank', guide: 'student', candidates: 6, rankTemperature: 2, period: 3 } as const;

/** Only what draws read. @param lists the student's ranking of each user */
function contextOf(lists: readonly (readonly number[])[], seed = 1): DistillContext {
  const depth = Math.max(...lists.map((list) => list.length));
  const items = Int32Array.from(lists.flatMap((list) => [...list, ...new Array<number>(depth - list.length).fill(-1)]));
  const rankings = { nUsers: lists.length, nItems: 9, depth, items };
  const train = fromPairs(lists.length, 9, [0], [8]);
  const checkpoints = [{ epoch: 1, metrics: {}, rankings: { ...rankings, items: items.slice().reverse() } }];
  return {
    ...{ kernels: createReferenceKernels('f64'), student: {} as TrainableModel, train, seed },
    ...{ batchSize: 1, batchesPerEpoch: 1, report() {} },
    teachers: [{ teacher: 't', dataFingerprint: '', checkpoints }],
    rankStudent: async (most) => ({
      ...rankings,
      depth: Math.min(most, depth),
      items: Int32Array.from(
        lists.flatMap((_, user) => Array.from(items.subarray(user * depth, user * depth + Math.min(most, depth)))),
      ),
    }),
  };
}

test('the first drawn item is of rank r in proportion to exp(-r / temperature)', async () => {
  const list = [7, 6, 5, 4, 3, 2, 1];
  const context = contextOf(Array.from({ length: 500 }, () => list));
  const draws = await createDraws(context, 3, usual);
  const counts = new Array<number>(6).fill(0);
  for (let epoch = 1; epoch <= 12; epoch++)
    for (let user = 0; user < 500; user++) {
      const drawn = draws.of(user, epoch);
      deepEqual(new Set(drawn).size, 3);
      counts[list.indexOf(drawn[0]!)]! += 1;
    }
  const weights = counts.map((_, rank) => Math.exp(-rank / 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  const chiSquared = counts.reduce((total, found, rank) => {
    const expected = (6000 * weights[rank]!) / sum;
    return total + (found - expected) ** 2 / expected;
  }, 0);
  // The 99.9 % quantile for 5 degrees of freedom.
  ok(chiSquared < 20.5, `${chiSquared}: ${counts}`);
});

test('draws are those of the epoch, end with the list, and follow their guide', async () => {
  const context = contextOf([[3], [], [0, 1, 2, 3]]);
  const draws = await createDraws(context, 3, usual);
  deepEqual([[...draws.of(0, 1)], [...draws.of(1, 1)]], [[3], []]);
  const first = [...draws.of(2, 1)];
  deepEqual([...draws.of(2, 1)], first);
  const later = Array.from({ length: 20 }, (_, epoch) => [...draws.of(2, 2 + epoch)].join());
  ok(new Set(later).size > 3);
  const teacher = await createDraws(context, 3, { ...usual, guide: 'teacher', candidates: 3 });
  deepEqual([...teacher.of(0, 1)].sort(), [1, 2, 3]);
  deepEqual(teacher.tables, []);
  const uniform = await createDraws(context, 8, { ...usual, sampling: 'uniform' });
  deepEqual([...uniform.of(0, 1)].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("the lists of the student's ranking are stored in checkpoints", async () => {
  const { tables } = await createDraws(contextOf([[1, 2], [3]]), 2, usual);
  deepEqual([...tables[0]!.values].slice(0, 4), [1, 2, -1, -1]);
});

test('with alpha 0 pckd is the loss of its features: fitnet or de', async () => {
  const one = { experts: 1 };
  for (const [feature, own, method, other] of [
    ['fitnet', {}, 'fitnet', {}],
    ['fitnet', { projectorHidden: 3 }, 'fitnet', { projectorHidden: 3 }],
    ['de', one, 'de', one],
  ] as const) {
    const [pckd, alone] = [await taught('pckd', { feature, alpha: 0, ...own }), await taught(method, other)];
    ok(Math.abs(pckd.loss - alone.loss) < 1e-12, `${method}: ${pckd.loss}, ${alone.loss}`);
    pckd.gradients.flat().forEach((g, at) => {
      ok(Math.abs(g - alone.gradients.flat()[at]!) < 1e-12, method);
    });
  }
});

test('the regulariser reaches the projectors only', async () => {
  const lists = [[2, 3, 4], [3, 4], [0, 4], []];
  const without = await taught('pckd', { alpha: 0 }, lists);
  const own = await taught('pckd', { alpha: 2, period: 1 }, lists);
  deepEqual(own.gradients.slice(0, 2), without.gradients.slice(0, 2));
  ok(
    own.gradients
      .slice(2)
      .flat()
      .some((g, at) => Math.abs(g - without.gradients.slice(2).flat()[at]!) > 0.01),
  );
  deepEqual(own.loss, without.loss);
  ok(Number(own.reports[0]!.preference) > 0);
  const inconsistency = Number(own.reports[0]!.inconsistency);
  ok(inconsistency >= 0 && inconsistency <= 1);
});

test('projectors learn to keep the order: fewer pairs are turned round', () => {
  const k = createReferenceKernels('f64');
  const dims = { student: 2, teacher: 4 };
  const put = (n: number, by: number) => k.floats(n).map((_, at) => Math.sin(by * (at + 1)));
  const tables = { userFactors: put(12, 1.3), itemFactors: put(16, 2.1), dim: 2 };
  const lists = Array.from({ length: 6 }, (_, user) => Int32Array.from({ length: 5 }, (_, n) => (user + n) % 8));
  const users = Int32Array.of(0, 1, 2, 3, 4, 5);
  const batch: Batch = { kind: 'rows', size: 0, users, epoch: 1, index: 0 };
  for (const regulariser of ['list', 'pair', 'hybrid'] as const) {
    const projections = [0, 1].map((side) =>
      createProjection(k, dims, { projectorBias: false }, 3, `${regulariser} ${side}`),
    );
    const [ofUsers, ofItems] = projections.map((p) => createSide(k, p, dims));
    const options = { regulariser, scoreTemperature: 0.5 };
    const preference = createPreference(k, { users: ofUsers!, items: ofItems! }, 4, options);
    const taken = regulariser === 'pair' ? lists.map((list) => list.subarray(0, 2)) : lists;
    const shares: number[] = [];
    for (let step = 0; step < 200; step++) {
      for (const p of projections.flatMap((projection) => projection.parameters)) p.gradient.fill(0);
      const { turned, users: n } = preference.accumulate(users, taken, tables, 1, batch, true);
      shares.push(turned / n);
      for (const p of projections.flatMap((projection) => projection.parameters))
        p.gradient.forEach((g, at) => {
          p.values[at]! -= 0.05 * g;
        });
    }
    ok(shares[0]! > 0.2 && shares.at(-1)! < 0.1, `${regulariser}: ${shares[0]} to ${shares.at(-1)}`);
  }
});
