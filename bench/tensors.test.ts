import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTensors, tensor, writeTensors } from './tensors.js';

test('arrays come back as they were written, little-endian, views of a part included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recdistill-tensors-'));
  try {
    const whole = Int32Array.of(9, -1, 258, 7);
    const written = {
      a: tensor(Float32Array.of(1.5, -0, Number.NaN, 4, 5, 6), 2, 3),
      b: tensor(whole.subarray(1, 3)),
      c: tensor(new Int32Array()),
    };
    await writeTensors(folder, written);
    assert.deepEqual(await readTensors(folder), written);
    assert.deepEqual([...(await readFile(join(folder, 'b.bin')))], [255, 255, 255, 255, 2, 1, 0, 0]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a shape that the numbers do not fill is refused', () => {
  assert.throws(() => tensor(new Float32Array(5), 2, 3), /5 numbers do not fill 2 x 3/);
});
