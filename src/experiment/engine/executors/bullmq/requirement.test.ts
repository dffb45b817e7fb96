import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programParts, totalOf } from '../../../../memory/index.js';
import type { Task } from '../../executor.js';
import { atStore, fromJson, toJson, withinStore } from './message.js';
import {
  queueName,
  type Requirement,
  reasonAgainst,
  roundedMemory,
  singleThreaded,
  type WorkerInfo,
} from './requirement.js';

const job: Requirement = {
  ...{ store: 'store-a', version: '1.0.0', revisions: { 'model ease': 2 }, arithmetic: 'fma', kind: 'train' },
  ...{ memory: 1e9, threads: 2, uses: [{ path: '/units/mine.mjs', sha256: 'abc' }] },
};

const worker: WorkerInfo = {
  ...{ id: 'w', host: 'h', pid: 1, node: 'v20', store: 'store-a', path: '/mnt/runs', version: '1.0.0' },
  ...{ revisions: { 'model ease': 2 }, arithmetic: 'fma', threads: 2, memory: 2e9, jobs: 1, uses: ['abc'] },
};

test('a worker takes a job if everything fits, and else says the first thing that does not', () => {
  assert.equal(reasonAgainst(job, worker), undefined);
  const cases: readonly (readonly [Partial<WorkerInfo>, RegExp])[] = [
    [{ store: 'store-b' }, /another store, \/mnt\/runs .*not the same/],
    [{ version: '1.0.1' }, /recdistill 1\.0\.1, and the plan 1\.0\.0/],
    [{ revisions: {} }, /its model ease has revision 1, that of the plan 2/],
    [{ revisions: { 'model ease': 2, 'method de': 3 } }, /its method de has revision 3, that of the plan 1/],
    [{ arithmetic: 'plain' }, /--arithmetic plain, and the plan fma/],
    [{ only: ['search', 'part'] }, /only search, part jobs, not train/],
    [{ threads: 1 }, /1 threads a job; at least 2/],
    [{ memory: 0.9e9 }, /900 MB a job, and 1009 MB are needed/],
    [{ uses: [], has: () => false }, /no module like \/units\/mine\.mjs/],
  ];
  for (const [change, reason] of cases) assert.match(reasonAgainst(job, { ...worker, ...change }) ?? 'it fits', reason);
  assert.equal(reasonAgainst(job, { ...worker, only: ['train'] }), undefined);
  assert.equal(reasonAgainst(job, { ...worker, uses: [], has: ({ path }) => path === '/units/mine.mjs' }), undefined);
});

test('memory is that of one thread, rounded up by an eighth at most', () => {
  const four = 5e8 + totalOf(programParts(4));
  assert.equal(singleThreaded(four, 4), 5e8 + totalOf(programParts(1)));
  for (const bytes of [1e8, 123_456_789, 1e9, 3.3e9, 2 ** 31, 1e12]) {
    const rounded = roundedMemory(bytes);
    assert.ok(rounded >= bytes && rounded <= bytes * 1.125 + 2 ** 23, `${bytes}: ${rounded}`);
    assert.equal(roundedMemory(rounded), rounded);
  }
});

test('jobs with equal requirements share a queue, whose name BullMQ takes', () => {
  assert.equal(queueName(job), queueName({ ...job, uses: [...job.uses] }));
  for (const change of [{ memory: 2e9 }, { store: 'b' }, { arithmetic: 'plain' }, { uses: [] }, { threads: 1 }])
    assert.notEqual(queueName({ ...job, ...change }), queueName(job));
  assert.match(queueName(job), /^train-1000MB-[0-9a-f]{10}$/);
});

test('a task travels with folders relative to the store, and arrives with those of the other machine', () => {
  const task = {
    job: { kind: 'train', name: 'job' },
    results: [
      { place: '', hash: 'h' },
      { place: 'student', hash: 'i' },
    ],
    folder: '/a/runs/plan/job',
    stored: '/a/runs/data/f/d',
    inputs: [{ name: 'teacher', folder: '/a/runs/other/teacher' }, { name: 'none' }],
    uses: ['/a/mine.mjs'],
  } as unknown as Task;
  const sent = withinStore(task, '/a/runs');
  assert.deepEqual([sent.folder, sent.stored], ['plan/job', 'data/f/d']);
  const arrived = atStore(sent, '/mnt/b', ['/b/mine.mjs']);
  assert.equal(arrived.folder, '/mnt/b/plan/job');
  assert.equal(arrived.stored, '/mnt/b/data/f/d');
  assert.deepEqual(arrived.inputs, [{ name: 'teacher', folder: '/mnt/b/other/teacher' }, { name: 'none' }]);
  assert.deepEqual(arrived.uses, ['/b/mine.mjs']);
  assert.throws(() => withinStore(task, '/a/runs/plan'), {
    code: 'usage',
    message: /which is outside of \/a\/runs\/plan/,
  });
  const outside = ['../b', 'a/../../b', '/etc', '..', '', 'C:\\b', '\\\\host\\b', 'a\\..\\..\\b'];
  for (const folder of outside)
    for (const bad of [
      { ...sent, folder },
      { ...sent, stored: folder },
      { ...sent, inputs: [{ name: 'teacher', folder }] },
      ...(folder === '' ? [] : [{ ...sent, results: [{ place: folder, hash: 'h' }] }]),
    ])
      assert.throws(() => atStore(bad, '/mnt/b', []), { code: 'queue-failed' }, folder);
  const { stored: _, ...loading } = sent;
  assert.throws(() => atStore(loading, '/mnt/b', []), { code: 'queue-failed', message: /loads data from outside/ });
});

test('numbers that JSON does not have arrive as they were', () => {
  const event = { type: 'epoch', epoch: 1, epochs: 2, loss: Number.NaN, seconds: Number.POSITIVE_INFINITY } as const;
  assert.deepEqual(fromJson(JSON.parse(JSON.stringify(toJson({ events: [event] })))), { events: [event] });
});
