import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelOf } from '../models/index.js';
import { optimizerOf } from '../optim/index.js';
import { samplerOf } from '../samplers/index.js';
import { changedRevisions, revisionsOf, SHARED } from './revisions.js';
import { expectSameRun, makeManifest, runHash } from './run-manifest.js';
import { refusedAs } from './small.test.support.js';

const spec = { kind: 'train', options: { model: 'ease' }, dataFingerprint: 'f00d' };

test('revisions above 1 are recorded, of all units that take part and of the shared code', () => {
  const ease = modelOf('ease');
  assert.deepEqual(revisionsOf([ease, undefined], { optimizer: 'adam', sampler: 'uniform' }), {});
  assert.deepEqual(revisionsOf([{ ...ease, revision: 2 }], {}, 3), { 'model ease': 2, [SHARED]: 3 });
  for (const unit of [optimizerOf('adam'), samplerOf('uniform')]) {
    const raised = unit as { revision?: number };
    raised.revision = 4;
    try {
      const named = revisionsOf([ease], { optimizer: 'adam', sampler: 'uniform' });
      assert.deepEqual(named, { [`${unit.unit} ${unit.name}`]: 4 });
    } finally {
      delete raised.revision;
    }
  }
});

test('a run of another revision is refused with both revisions; without revisions it keeps its hash', () => {
  assert.equal(runHash({ ...spec, revisions: {} }), runHash(spec));
  const [old, now] = [makeManifest(spec), makeManifest({ ...spec, revisions: { 'model ease': 2 } })];
  assert.throws(
    () => expectSameRun('runs/ease', old, now),
    refusedAs('run-differs', /with different code: the model ease had revision 1, now it has 2/),
  );
  assert.equal(
    changedRevisions({ 'model ease': 2, [SHARED]: 2 }, { 'model ease': 2 }),
    `the ${SHARED} had revision 2, now it has 1`,
  );
});
