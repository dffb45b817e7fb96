import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream } from 'recdistill/math';
import { fuzz } from './fuzz/fuzz.js';
import { drawsOf, mutated } from './fuzz/mutations.js';

test('damaged files are refused with their name, or read as what they are', { timeout: 300_000 }, async () => {
  const { tried, failures, peakMegabytes } = await fuzz.run({ seed: 1, short: true, say: () => undefined });
  assert.deepEqual(failures, []);
  // Few damages leave a file as it was.
  assert.ok(tried > 150, `${tried} tried`);
  assert.ok(peakMegabytes > 10 && peakMegabytes < 1024, `${peakMegabytes} MB`);
});

test('the same seed and case give the same damage, another seed another', () => {
  const bytes = Buffer.from(Array.from({ length: 50 }, (_, n) => `{"user": ${n}, "item": "i${n}"}\n`).join(''));
  const damages = (seed: number) =>
    Array.from({ length: 200 }, (_, at) => mutated(bytes, drawsOf(stream(seed, 'fuzz'), at)));
  assert.deepEqual(damages(1), damages(1));
  assert.notDeepEqual(damages(1), damages(2));
  const names = new Set(damages(1).map(({ name }) => name));
  assert.ok(names.size > 15, [...names].join());
  assert.ok(damages(1).filter((damage) => damage.bytes.equals(bytes)).length < 20);
});
