import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import { createGraph, needsOf } from './graph.js';
import type { JobSpec, Setting } from './job.js';

const setting: Setting = {
  evaluation: { at: [10], selectBy: 'recall@10' },
  trajectory: { checkpoints: 2, spread: 'quality' },
};
const job = (name: string, ...teachers: string[]): JobSpec => ({
  ...{ kind: 'train', name, teachers, model: 'bpr-mf', options: {}, at: ['students', name.length] },
  method: teachers.length > 0 ? 'hetcomp' : 'none',
});
const orderOf = (...jobs: JobSpec[]) => createGraph('plan', setting, jobs).jobs.map((j) => j.name);

test('jobs come after what they learn from, else in the order in which they were given', () => {
  assert.deepEqual(orderOf(job('c', 'b'), job('a'), job('b')), ['a', 'b', 'c']);
  assert.deepEqual(orderOf(job('z'), job('y'), job('x', 'z')), ['z', 'y', 'x']);
  // A student that teaches the next one.
  assert.deepEqual(orderOf(job('small', 'middle'), job('middle', 'large'), job('large')), ['large', 'middle', 'small']);
});

test('a job is found by its name or by one of its results, the longest name first', () => {
  const jobs = [job('a'), job('a/b'), job('c', 'a/b/first', 'a/x')];
  assert.deepEqual(
    needsOf(jobs[2]!, jobs).map((j) => j.name),
    ['a/b', 'a'],
  );
});

test('duplicate names, missing teachers and circles are refused with their position', () => {
  assert.throws(
    () => orderOf(job('a'), job('bb'), job('a')),
    (e) => e instanceof RecdistillError && e.code === 'bad-plan' && /two jobs are called "a"/.test(e.message),
  );
  assert.throws(() => orderOf(job('a'), job('b', 'aa')), /no job for b to learn from called "aa"/);
  assert.throws(() => orderOf(job('a', 'a')), /in a circle: a -> a$/);
  assert.throws(
    () => orderOf(job('start'), job('a', 'c', 'start'), job('b', 'a'), job('c', 'b')),
    /learn from each other in a circle: (a -> c -> b -> a|b -> a -> c -> b|c -> b -> a -> c)$/,
  );
});
