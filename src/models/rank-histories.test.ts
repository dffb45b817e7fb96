import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fromPairs, type Interactions, itemsOf, union } from '../data/interactions.js';
import { rankingOf } from '../data/rankings.js';
import { createKernels } from '../kernels/index.js';
import { makeModel, modelOf, rankAll, rankTested } from './index.js';

const kernels = createKernels({ threads: 2, memoryLimit: 2 ** 26 });
after(() => kernels.close());

const [nUsers, nItems] = [9, 14];
/** Users 2, 5 and 8 are held out whole. */
const isHeldOut = (u: number): boolean => u % 3 === 2;
const interactions = (of: (u: number, i: number) => boolean): Interactions => {
  const pairs = Array.from({ length: nUsers * nItems }, (_, k) => [Math.floor(k / nItems), k % nItems] as const).filter(
    ([u, i]) => of(u, i),
  );
  return fromPairs(
    nUsers,
    nItems,
    pairs.map(([u]) => u),
    pairs.map(([, i]) => i),
  );
};
const has = (u: number, i: number): boolean => (u * 5 + i * 3) % 7 < 2;
const train = interactions((u, i) => has(u, i) && !isHeldOut(u));
const foldIn = interactions((u, i) => has(u, i) && isHeldOut(u));
const known = union(train, foldIn);

/** Without users in its parameters: with histories as train items, `scoreRows` gives what `histories` must give. */
const fismOn = (of: Interactions) =>
  makeModel(
    modelOf('fism'),
    { kernels, train: of, seed: 4 },
    modelOf('fism').options.parse({ dim: 5, initScale: 0.7 }),
  );

test('held-out users are ranked by their histories, the others as ever', async () => {
  const [model, whole] = [await fismOn(train), await fismOn(known)];
  const [got, expected] = [
    await rankAll(kernels, model, known, 6, { foldIn }),
    await rankAll(kernels, whole, known, 6),
  ];
  assert.deepEqual(got, expected);
  for (let u = 0; u < nUsers; u++) {
    assert.equal(rankingOf(got, u).length, 6);
    for (const item of itemsOf(known, u)) assert.ok(!rankingOf(got, u).includes(item), 'known items are masked');
  }
  // The first ranking leaves the room of its threads, which is used again.
  const before = kernels.bytesInUse;
  const some = await rankAll(kernels, model, known, 6, { foldIn, users: Int32Array.of(1, 5) });
  for (let u = 0; u < nUsers; u++)
    assert.deepEqual(rankingOf(some, u), u === 1 || u === 5 ? rankingOf(got, u) : new Int32Array(0));
  assert.equal(kernels.bytesInUse, before);
  model.close();
  whole.close();
});

test('the ranks of test items of held-out users are by their histories', async () => {
  const [model, whole] = [await fismOn(train), await fismOn(known)];
  const tested = interactions((u, i) => (u + i) % 5 === 1 && !has(u, i));
  const ranksOf = (of: typeof model, histories?: Interactions) => {
    const found: (readonly number[])[] = [];
    const visit = (user: number, ranks: Int32Array) => void found.push([user, ...ranks]);
    assert.equal(rankTested(kernels, of, tested, known, { first: 'highest' }, visit, histories), nUsers);
    return found;
  };
  assert.deepEqual(ranksOf(model, foldIn), ranksOf(whole));
  model.close();
  whole.close();
});

test('a model without histories, and a score that is not written, are refused by name', async () => {
  const model = await fismOn(train);
  const { histories: _, ...without } = model;
  await assert.rejects(rankAll(kernels, without, known, 6, { foldIn }), { code: 'broken-unit', message: /fism/ });
  const silent = { ...model, histories: { score() {} } };
  await assert.rejects(rankAll(kernels, silent, known, 6, { foldIn }), { message: /user 2 and item 0/ });
  model.close();
});
