import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolderName } from '../formats/temporary-names.js';
import { withTemporaryFolder } from './temporary.js';

test('temporary folders of dead processes are removed, those of running ones are kept', async () => {
  const before = process.env.TMPDIR;
  const own = fs.mkdtempSync(join(tmpdir(), 'recdistill-test-'));
  const dead = temporaryFolderName().replace(`-${process.pid}-`, `-${2 ** 30}-`);
  const [running, foreign] = [temporaryFolderName(), 'recdistill-of-a-user'];
  for (const name of [dead, running, foreign]) fs.mkdirSync(join(own, name, 'inner'), { recursive: true });
  process.env.TMPDIR = own;
  try {
    await withTemporaryFolder(async (folder) => {
      const names = fs.readdirSync(own);
      assert.deepEqual(names.sort(), [running, foreign, folder.slice(own.length + 1)].sort());
    });
    assert.deepEqual(fs.readdirSync(own).sort(), [running, foreign].sort());
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    fs.rmSync(own, { recursive: true });
  }
});
