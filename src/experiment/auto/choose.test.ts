import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import { type Candidate, choose, frontierOf } from './choose.js';
import { checkAuto, limitsOf } from './options.js';

/** Every user has the value, but two users who differ by a little, so that t tests are defined. */
const made = (name: string, kind: Candidate['kind'], bytes: number, value: number, microseconds = 10): Candidate => ({
  ...{ name, kind, bytes, value, microseconds, dim: 8 },
  perUser: Float64Array.from({ length: 50 }, (_, u) => value + (u % 2 === 0 ? 0.01 : -0.01) * (bytes % 7)),
});
const limits = (given: object = {}) => limitsOf(checkAuto({ keep: '90%', ...given }));

const small = made('small', 'student', 1000, 0.4);
const medium = made('medium', 'student', 2000, 0.46);
const large = made('large', 'student', 4000, 0.49);
const all = [large, small, medium];

test('the smallest model that keeps enough, and the next larger one of the frontier', () => {
  const { chosen, keeps, share, larger } = choose(all, 0.5, limits());
  assert.deepEqual([chosen.name, keeps, share, larger?.candidate.name], ['medium', true, 0.92, 'large']);
  assert.ok(larger!.p < 0.05);
  assert.equal(choose(all, 0.5, limits({ keep: '70%' })).chosen.name, 'small');
  assert.equal(choose(all, 0.5, limits({ keep: '95%' })).larger, undefined);
});

test('among bundles that differ by some bytes, the best one is chosen', () => {
  const twin = made('twin', 'student', 2004, 0.48);
  assert.equal(choose([...all, twin], 0.5, limits()).chosen.name, 'twin');
});

test('a student gives way to a model of its size without teachers that is not significantly worse', () => {
  const equal = made('equal', 'direct', 2000, 0.46);
  const { chosen, rival, reasons } = choose([...all, equal], 0.5, limits());
  // Equal values: the choice between both is the direct model, however they are ordered.
  assert.equal(chosen.name, 'equal');
  assert.ok(
    rival?.candidate.name === 'medium' && reasons.some((r) => /not distilled|distillation is not worth it/.test(r)),
  );
  const worse = made('worse', 'direct', 2000, 0.452);
  const kept = choose([...all, worse], 0.5, limits());
  assert.deepEqual([kept.chosen.name, kept.rival?.candidate.name], ['medium', 'worse']);
  assert.ok(kept.rival!.p < 0.05);
  const far = made('far', 'direct', 2000, 0.3);
  const besides = choose([...all, far], 0.5, limits());
  assert.deepEqual([besides.chosen.name, besides.rival?.candidate.name], ['medium', 'far']);
  // It is not significantly worse than the student, but keeps too little.
  const noisy = {
    ...made('noisy', 'direct', 2000, 0.44),
    perUser: Float64Array.from({ length: 50 }, (_, u) => (u % 25) / 28),
  };
  const unsure = choose([...all, noisy], 0.5, limits());
  assert.ok(unsure.rival!.p > 0.05);
  assert.equal(unsure.chosen.name, 'medium');
});

test('nothing keeps enough: the limit is named, and the best within it is taken', () => {
  const size = choose(all, 0.5, limits({ maxSize: '1.5kB' }));
  assert.deepEqual([size.chosen.name, size.keeps], ['small', false]);
  assert.match(size.reasons[0]!, /within the limit of the size \(maxSize\) keeps 90% .*medium, with 2000 bytes, would/);
  const slow = all.map((c) => ({ ...c, microseconds: c.bytes / 100 }));
  assert.match(
    choose(slow, 0.5, limits({ maxLatency: '15us' })).reasons[0]!,
    /the limit of the latency \(maxLatency\)/,
  );
  const none = choose(all, 0.6, limits());
  assert.deepEqual([none.chosen.name, none.keeps], ['large', false]);
  assert.match(none.reasons[0]!, /No model keeps 90%/);
  const refused = (message: RegExp) => (e: unknown) => e instanceof RecdistillError && message.test(e.message);
  assert.throws(() => choose(all, 0.5, limits({ maxSize: '900B' })), refused(/smallest, small, has 1000/));
  assert.throws(() => choose(all, 0.5, limits({ maxLatency: '1us' })), refused(/the fastest, \w+, takes 10.0/));
});

test('the frontier has what is better than everything smaller', () => {
  const dominated = made('dominated', 'direct', 3000, 0.45);
  assert.deepEqual(
    frontierOf([...all, dominated]).map((c) => c.name),
    ['small', 'medium', 'large'],
  );
});

test('options are values with units', () => {
  const { budget, keep, maxBytes, maxMicroseconds } = limits({
    timeBudget: '1.5h',
    maxSize: '2 MB',
    maxLatency: '1ms',
  });
  assert.deepEqual([budget, keep, maxBytes, maxMicroseconds], [5400, 0.9, 2e6, 1000]);
  assert.equal(limits({ maxLatency: '2s' }).maxMicroseconds, 2e6);
  for (const [option, value] of [
    ['timeBudget', '15'],
    ['keep', '0.95'],
    ['maxSize', '1'],
    ['maxLatency', '5m'],
  ] as const)
    assert.throws(
      () => checkAuto({ [option]: value }),
      (e) => e instanceof RecdistillError && e.code === 'bad-option' && e.message.includes(option),
    );
});
