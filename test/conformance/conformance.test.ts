/**
 * The golden cases as tests: those of the folder that RECDISTILL_CONFORMANCE names, else our own small ones in
 * fixtures/. Subjects without a checker are left to `npm run conformance`, where they count as failed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readFolder } from './folder.js';
import { checkers } from './index.js';
import { runCase } from './run.js';

const fixtures = fileURLToPath(new URL('../../../test/conformance/fixtures', import.meta.url));
const { cases, unreadable } = readFolder(process.env.RECDISTILL_CONFORMANCE || fixtures);
const implemented = cases.filter(({ subject }) => Object.hasOwn(checkers, subject));

describe('conformance', () => {
  it('finds cases in readable files', () => {
    assert.deepEqual(unreadable, []);
    assert.ok(implemented.length > 0);
  });

  for (const golden of implemented) {
    it(`${golden.subject} ${golden.name}`, async () => {
      assert.equal((await runCase(golden, checkers)).problem, undefined);
    });
  }
});
