import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TrainEvent } from '../train/index.js';
import { dataSizeOf } from './from-data.js';
import { runJob } from './job.js';
import { kernels, newFolder, smallData } from './small.test.support.js';

test('defaults that follow from the data are said once, recorded as numbers, and give the run of the same numbers as given', async () => {
  const dataset = await smallData();
  const { nUsers, nItems, interactions } = dataSizeOf(dataset);
  const notes: string[] = [];
  const folder = newFolder();
  const listen = (e: TrainEvent) => void (e.type === 'note' && notes.push(e.message));
  const request = { dataset, kernels, model: 'ials', folder, listen };
  const job = await runJob({ ...request, options: { dim: 4, l2: 0.01 } });
  const weight = Number(((4 * interactions) / (nUsers * nItems)).toPrecision(4));
  assert.equal(job.result.options.unobservedWeight, weight);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  assert.deepEqual([manifest.options.unobservedWeight, manifest.options.l2], [weight, 0.01]);
  assert.equal(manifest.options.at.join(), '10,40');
  assert.equal(manifest.options.selectBy, 'recall@40');
  assert.equal(notes.length, 1);
  assert.match(
    notes[0]!,
    new RegExp(`^unobservedWeight ${weight}: from the data \\(${nUsers} users x ${nItems} items, density`),
  );
  const given = await runJob({ ...request, options: { dim: 4, l2: 0.01, unobservedWeight: weight } });
  assert.ok(given.reused);
  assert.equal(notes.length, 1);
});
