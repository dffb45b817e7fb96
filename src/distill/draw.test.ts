import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stream } from '../math/random.js';
import { createDrawOutside, drawSet, drawWeighted } from './draw.js';
import { takenOf } from './sampling.js';

const key = stream(1, 'test');

test('positions are sampled without repetition, in proportion to the remaining weight', () => {
  const weights = [6, 3, 1];
  const firsts = [0, 0, 0];
  let secondAfterFirst = 0;
  for (let user = 0; user < 20_000; user++) {
    const drawn = drawWeighted(weights.map(Math.log), 2, key, 1, user);
    assert.equal(new Set(drawn).size, 2);
    firsts[drawn[0]!]! += 1;
    if (drawn[0] === 0 && drawn[1] === 1) secondAfterFirst += 1;
  }
  for (const [position, weight] of weights.entries())
    assert.ok(Math.abs(firsts[position]! / 20_000 - weight / 10) < 0.015, `${position} came ${firsts[position]} times`);
  assert.ok(Math.abs(secondAfterFirst / firsts[0]! - 3 / 4) < 0.015);
  assert.deepEqual([...drawWeighted(weights.map(Math.log), 5, key, 1, 0)].sort(), [0, 1, 2]);
});

test('sets of positions are sampled as often as positions one after the other', () => {
  const logs = [3, 3, 1, 0.2].map(Math.log);
  const pairs = [new Map<string, number>(), new Map<string, number>()];
  const count = (of: Map<string, number>, drawn: Int32Array) =>
    void of.set([...drawn].sort().join(), (of.get([...drawn].sort().join()) ?? 0) + 1);
  for (let user = 0; user < 20_000; user++) {
    count(pairs[0]!, drawSet(logs, 2, key, 1, user));
    count(pairs[1]!, drawWeighted(logs, 2, key, 2, user));
  }
  for (const set of pairs[1]!.keys()) {
    const [one, other] = pairs.map((p) => p.get(set) ?? 0);
    assert.ok(Math.abs(one! - other!) < 300, `${set}: ${one} and ${other}`);
  }
  assert.deepEqual([...drawSet(logs, 9, key, 1, 0)], [0, 1, 2, 3]);
  // Weights that differ by more than a number can hold.
  assert.deepEqual([...drawSet([0, -5000, -6000, 0], 2, key, 1, 0)], [0, 3]);
});

test('items outside of the lists are sampled without repetition, as many as exist, and equally for the same user and epoch', () => {
  const lists = fc.array(fc.array(fc.nat(29), { maxLength: 30 }), { maxLength: 3 });
  fc.assert(
    fc.property(lists, fc.nat(40), fc.nat(1000), fc.nat(1000), (without, count, user, epoch) => {
      const hidden = new Set(without.flat());
      const draw = createDrawOutside(30, key);
      const [first, again] = [new Int32Array(count).fill(-1), new Int32Array(count).fill(-1)];
      const n = draw(epoch, user, without, first);
      assert.equal(n, Math.min(count, 30 - hidden.size));
      assert.equal(new Set(first.subarray(0, n)).size, n);
      assert.ok(first.subarray(0, n).every((item) => item >= 0 && item < 30 && !hidden.has(item)));
      assert.ok(first.subarray(n).every((item) => item === -1));
      draw(epoch + 1, user, without, new Int32Array(count));
      draw(epoch, user, without, again);
      assert.deepEqual(again, first);
    }),
  );
});

test('items outside of the lists are sampled with equal probability, whether few or many are free', () => {
  for (const without of [[0, 1, 2, 3], Array.from({ length: 14 }, (_, i) => i)]) {
    const draw = createDrawOutside(20, key);
    const counts = new Float64Array(20);
    const out = new Int32Array(2);
    for (let user = 0; user < 20_000; user++) {
      draw(1, user, [without], out);
      for (const item of out) counts[item]! += 1;
    }
    const expected = 40_000 / (20 - without.length);
    for (let item = without.length; item < 20; item++)
      assert.ok(Math.abs(counts[item]! - expected) < 0.06 * expected, `${item} came ${counts[item]} times`);
  }
});

test('without sampling the first items are taken, with it random ones in the order of the list', () => {
  const list = Int32Array.of(9, 4, 7, 1, 0, 8);
  const o = { topK: 3, sampling: 'none' as const, temperature: 2 };
  assert.deepEqual([...takenOf(list, o, key, 1, 0)], [9, 4, 7]);
  assert.deepEqual([...takenOf(list, { ...o, topK: 10 }, key, 1, 0)], [...list]);
  const counts = new Map<number, number>();
  for (let user = 0; user < 3000; user++) {
    const taken = [...takenOf(list, { ...o, sampling: 'published' }, key, 1, user)];
    const places = taken.map((item) => list.indexOf(item));
    assert.deepEqual(places, [...new Set(places)].sort());
    for (const item of taken) counts.set(item, (counts.get(item) ?? 0) + 1);
  }
  const often = [...list].map((item) => counts.get(item)!);
  assert.deepEqual(
    often,
    often.toSorted((a, b) => b - a),
  );
  // The lowest temperature is as no sampling.
  assert.deepEqual([...takenOf(list, { ...o, sampling: 'published', temperature: 1e-3 }, key, 1, 5)], [9, 4, 7]);
});
