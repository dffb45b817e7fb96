import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PeerForm, PreparedCase } from './_row.js';
import { near } from './compare.js';
import { ALLOCATORS, type Allocator, type CaseReport, pair } from './pair.js';
import { allMatched, reportText, rowReport } from './report.js';
import { tensor } from './tensors.js';

const script = join(dirname(fileURLToPath(import.meta.url)), 'testing', 'fake-peer.js');
const command = (form: PeerForm, allocator: Allocator) => ({
  file: process.execPath,
  args: [script, form.script],
  env: { ...process.env, ...ALLOCATORS[allocator] },
});

function prepared(...manners: string[]) {
  const calls = { runs: 0, closed: 0 };
  const work: PreparedCase = {
    work: 'doubling',
    inputs: { x: tensor(Float32Array.of(1, 2, 3)) },
    ours: {
      run() {
        calls.runs += 1;
      },
      result: () => ({ y: tensor(Float32Array.of(2, 4, 6)) }),
      close() {
        calls.closed += 1;
      },
    },
    peers: manners.map((manner) => ({ name: `fake-${manner}`, script: manner, about: manner, params: {} })),
    compare: (ours, peer) => [near('doubled', ours.y!, peer.y!, 1e-6)],
  };
  return { work, calls };
}

const quiet = { supported: true, mark: () => undefined, othersSince: () => 0, waitForQuiet: async () => 0 };
const options = { threads: 1, rounds: 1, patienceMs: 0, turnMs: 1, say: () => {}, loadMeter: () => quiet };

/** A temporary folder of its own, so that nobody else's files are counted. */
const [savedTmp, ownTmp] = [process.env.TMPDIR, mkdtempSync(join(tmpdir(), 'recdistill-pair-test-'))];
process.env.TMPDIR = ownTmp;
after(() => {
  if (savedTmp === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = savedTmp;
  rmSync(ownTmp, { recursive: true, force: true });
});

test('a peer with the same result is timed, with stock and with tuned malloc', async () => {
  const { work, calls } = prepared('good');
  const report = await pair('small', work, { ...options, peerCommand: command });
  assert.equal(report.matched, true);
  assert.deepEqual(
    report.checks.map((c) => [c.peer, c.allocator, c.worst]),
    [
      ['fake-good', 'stock', 0],
      ['fake-good', 'tuned', 0],
    ],
  );
  assert.deepEqual(
    report.peers.map((p) => [p.allocator, p.medianMs]),
    [
      ['stock', 20],
      ['tuned', 20],
    ],
  );
  assert.equal(report.ratioStock, 20 / report.ours!.medianMs);
  assert.equal(report.ratioTuned, report.peers[1]!.ratio);
  assert.deepEqual(report.versions, { fake: '1' });
  assert.equal(calls.closed, 1);
  assert.deepEqual(readdirSync(ownTmp), [], 'the temporary folder is removed');
});

test('a different result stops before any time is taken', async () => {
  const { work, calls } = prepared('good', 'wrong');
  const report = await pair('small', work, { ...options, peerCommand: command });
  assert.equal(report.matched, false);
  assert.deepEqual(report.peers, []);
  assert.equal(report.ours, undefined);
  assert.equal(report.ratioStock, undefined);
  assert.deepEqual([calls.runs, calls.closed], [1, 1]);
  const row = rowOf(report);
  assert.equal(allMatched(row), false);
  assert.match(
    reportText(row),
    /results differ, so nothing was timed:\n {2}doubled against fake-wrong \(stock\): 0\.333/,
  );
  assert.doesNotMatch(reportText(row), /median/);
});

test('what stands in the place of the first run is done once, on both sides', async () => {
  const { work, calls } = prepared('first');
  let firsts = 0;
  const first = () => {
    assert.equal(calls.runs, 0);
    firsts += 1;
  };
  const report = await pair('small', { ...work, ours: { ...work.ours, first } }, { ...options, peerCommand: command });
  assert.equal(report.matched, true);
  assert.equal(firsts, 1);
  assert.equal((await pair('small', prepared('first').work, { ...options, peerCommand: command })).matched, false);
});

test('each side of the allocator is compared', async () => {
  const report = await pair('small', prepared('malloc').work, { ...options, peerCommand: command });
  assert.deepEqual(
    report.checks.map((c) => c.passed),
    [true, false],
  );
});

test('without a peer our own time is given', async () => {
  const report = await pair('small', prepared('good').work, options);
  assert.equal(report.matched, true);
  assert.ok(report.ours!.medianMs >= 0);
  assert.equal(report.ratioStock, undefined);
  assert.match(reportText(rowOf(report)), /recdistill +0\.\d\d/);
});

test('a peer that fails ends the case, and everything is closed', async () => {
  const { work, calls } = prepared('good', 'crash');
  await assert.rejects(pair('small', work, { ...options, peerCommand: command }), /out of luck/);
  assert.equal(calls.closed, 1);
  assert.deepEqual(readdirSync(ownTmp), []);
});

const rowOf = (c: CaseReport) =>
  rowReport({ row: 'row', title: 'title', data: 'none', machine: { cores: 2 }, cases: [c] }, []);

test('a row has the ratios of its first case and lists noisy cases', async () => {
  const c = await pair('small', prepared('good').work, { ...options, peerCommand: command });
  const report = rowReport(
    { row: 'r', title: 't', data: 'd', machine: {}, cases: [c, { ...c, case: 'second', ratioStock: -1, noisy: true }] },
    ['note'],
  );
  assert.equal(report.ratioStock, c.ratioStock);
  assert.deepEqual(report.notes.slice(0, 1), ['note']);
  assert.match(report.notes[1]!, /do not trust the times of: second/);
});
