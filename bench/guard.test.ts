import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { judge, ratiosOf, readRecorded, writeRecorded } from './guard.js';
import type { CaseReport } from './pair.js';

const report = (ratioStock: number, ratioTuned: number, more: Partial<CaseReport> = {}): CaseReport => ({
  ...{ case: 'dim6', work: '', matched: true, checks: [], forms: {}, versions: {}, peers: [] },
  ...{ ratioStock, ratioTuned, disturbedRounds: 0, noisy: false, ...more },
});

test('a ratio that fell beyond 1.3 fails, with both allocators; one that rose does not', () => {
  const recorded = { 'top-k/dim6': { stock: 4, tuned: 2 } };
  const failed = (r: CaseReport) => judge('top-k/dim6', r, recorded).failed;
  assert.equal(failed(report(4, 2)), false);
  assert.equal(failed(report(8, 4)), false);
  assert.equal(failed(report(3.1, 1.5)), false);
  assert.equal(failed(report(2.9, 2)), false, 'as fast as recorded against one allocator');
  assert.equal(failed(report(2.9, 1.5)), true);
  assert.match(
    judge('top-k/dim6', report(2, 1), recorded).text,
    /1.00x tuned; recorded 4.00x stock.*2.00 times slower/,
  );
});

test('what cannot be judged is no success', () => {
  const recorded = { a: { stock: 4, tuned: 2 } };
  for (const [r, text] of [
    [report(4, 2, { matched: false }), /results differ/],
    [report(4, 2, { noisy: true }), /machine was busy/],
    [{ ...report(4, 2), ratioStock: undefined } as unknown as CaseReport, /no peer/],
  ] as const) {
    assert.equal(judge('a', r, recorded).failed, true);
    assert.match(judge('a', r, recorded).text, text);
    assert.equal(ratiosOf(r), undefined);
  }
  assert.match(judge('b', report(4, 2), recorded).text, /nothing recorded/);
});

test('recording keeps the ratios of other cases', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-guard-'));
  try {
    const path = join(folder, 'ratios.json');
    assert.throws(() => readRecorded(path), { code: 'usage', hint: /--record/ });
    writeRecorded(path, { machine: { cores: 2 }, ratios: { b: { stock: 1, tuned: 1 } } });
    writeRecorded(path, { machine: { cores: 4 }, ratios: { a: { stock: 2, tuned: 2 } } });
    const { machine, ratios } = readRecorded(path);
    assert.deepEqual([machine, Object.keys(ratios)], [{ cores: 4 }, ['a', 'b']]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
