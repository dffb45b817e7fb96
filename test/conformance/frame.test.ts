import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Checker, Json, Result } from './_checker.js';
import { firstDifference } from './difference.js';
import { readFolder } from './folder.js';
import { checkers } from './index.js';
import { readInteractions, readLists, readMatrix, readNumber } from './inputs.js';
import { flattenRows, nestRows } from './matrix.js';
import { describeVerdict, runCase } from './run.js';

const exact = { abs: 0, rel: 0 };
const golden = (expected: { [key: string]: Json }) => ({
  subject: 'planted',
  name: 'one',
  inputs: {},
  expected,
  tolerance: { abs: 1e-9, rel: 1e-9 },
});
const run = (checker: Checker, expected: { [key: string]: Json }) => runCase(golden(expected), { planted: checker });
const gives = (float64: Result): Checker => ({ check: () => ({ float64 }) });

describe('firstDifference', () => {
  const cases: readonly (readonly [string, Result, Json, string | undefined])[] = [
    ['equal trees', { a: [1, { b: 'x' }], c: true }, { a: [1, { b: 'x' }], c: true }, undefined],
    ['more than expected', { a: 1, more: 2 }, { a: 1 }, undefined],
    ['typed arrays', { a: Int32Array.of(1, 2) }, { a: [1, 2] }, undefined],
    ['a wrong value deep down', { a: [1, { b: 2.5 }] }, { a: [1, { b: 2.25 }] }, 'a[1].b: got 2.5, expected 2.25'],
    ['NaN for a number', { a: Number.NaN }, { a: 1 }, 'a: got NaN, expected 1'],
    ['infinity for a number', { a: Number.POSITIVE_INFINITY }, { a: 1 }, 'a: got Infinity, expected 1'],
    ['a missing key', { a: 1 }, { a: 1, b: 2 }, 'b: got nothing, expected 2'],
    ['a missing branch', {}, { a: { b: 1 } }, 'a: got nothing, expected {"b":1}'],
    ['a list that is too short', { a: [1] }, { a: [1, 2] }, 'a: got 1 entries, expected 2'],
    ['a list that is too long', { a: Float64Array.of(1, 2) }, { a: [1] }, 'a: got 2 entries, expected 1'],
    ['a number for a list', { a: 1 }, { a: [1] }, 'a: got 1, expected [1]'],
    ['a list for an object', { a: [1] }, { a: { b: 1 } }, 'a: got [1], expected {"b":1}'],
    ['another truth', { a: 1 }, { a: true }, 'a: got 1, expected true'],
    ['another text', 'x', 'y', '(all): got "x", expected "y"'],
    ['a value where none is defined', { a: 0 }, { a: null }, 'a: got 0, expected null'],
  ];
  for (const [what, got, expected, difference] of cases) {
    it(what, () => {
      const found = firstDifference(got, expected, exact);
      if (difference === undefined) assert.equal(found, undefined);
      else assert.ok(found?.startsWith(difference), `${found}`);
    });
  }

  it('takes null, NaN and absent for "not defined here"', () => {
    for (const got of [{ a: null }, { a: Number.NaN }, { a: undefined }, {}]) {
      assert.equal(firstDifference(got, { a: null }, exact), undefined);
    }
  });

  it('allows abs + rel * |expected| and no more', () => {
    const tolerance = { abs: 0.1, rel: 0.01 };
    assert.equal(firstDifference(-10.2, -10, tolerance), undefined);
    assert.match(firstDifference(-10.21, -10, tolerance) ?? '', /tolerance/);
  });

  it('never lets one id pass for another, however wide the tolerance', () => {
    const wide = { abs: 1e-3, rel: 1e-3 };
    assert.notEqual(firstDifference(Int32Array.of(20_001), [20_000], wide), undefined);
    assert.equal(firstDifference(20_000.5, 20_000, wide), undefined);
  });

  it('ignores informational fields', () => {
    for (const key of ['official_as_coded_for_information', 'official_BCELoss_as_coded', 'third_party_loss']) {
      assert.equal(firstDifference({ a: {} }, { a: { [key]: 1 } }, exact), undefined);
    }
    assert.equal(firstDifference({}, { official_hetcomp_rounded4: { R50: 1 } }, exact), undefined);
  });
});

describe('runCase', () => {
  it('passes correct values', async () => {
    const verdict = await run(gives({ loss: 1 + 1e-10 }), { loss: 1 });
    assert.equal(describeVerdict(verdict), 'ok planted one (float64)');
  });

  it('fails a planted wrong value, with its path', async () => {
    const verdict = await run(gives({ at: { loss: 1.25 } }), { at: { loss: 1 } });
    assert.match(describeVerdict(verdict), /^FAIL planted one: float64 at\.loss: got 1\.25, expected 1/);
  });

  it('fails NaN and a missing key', async () => {
    assert.match((await run(gives({ loss: Number.NaN }), { loss: 1 })).problem ?? '', /got NaN/);
    assert.match((await run(gives({}), { loss: 1 })).problem ?? '', /got nothing/);
  });

  it('fails a subject without a checker, also one named like a property of every object', async () => {
    for (const subject of ['nobody', 'toString']) {
      const verdict = await runCase({ ...golden({ loss: 1 }), subject }, checkers);
      assert.equal(verdict.problem, 'not implemented');
    }
  });

  it('fails a case that throws or rejects, with the message', async () => {
    const throwing: Checker = {
      check: () => {
        throw new Error('no such kind');
      },
    };
    const rejecting: Checker = { check: () => Promise.reject(new Error('worker lost')) };
    assert.equal((await run(throwing, { loss: 1 })).problem, 'threw no such kind');
    assert.equal((await run(rejecting, { loss: 1 })).problem, 'threw worker lost');
  });

  describe('with a kernel', () => {
    const kernel = (value: Result, float32?: Checker['float32']): Checker => ({
      ...(float32 ? { float32 } : {}),
      check: () => ({ float64: { loss: 1, top: [3] }, float32: value }),
    });
    const expected = { loss: 1, top: [3] };

    it('passes only if both are within their own tolerance', async () => {
      const wide = { abs: 1e-3, rel: 0 };
      const verdict = await run(kernel({ loss: 1.0001, top: [3] }, wide), expected);
      assert.equal(describeVerdict(verdict), 'ok planted one (float64 + float32)');
      const off = await run(kernel({ loss: 1.01, top: [3] }, wide), expected);
      assert.match(off.problem ?? '', /^float32 loss: got 1\.01/);
      const reference = await run({ float32: wide, check: () => ({ float64: { loss: 1.0001, top: [3] } }) }, expected);
      assert.match(reference.problem ?? '', /^float64 loss/);
    });

    it('compares the keys it computes, and at least one of them', async () => {
      assert.equal((await run(kernel({ top: [3] }, { ...exact, keys: ['top'] }), expected)).problem, undefined);
      assert.match((await run(kernel({ top: [4] }, { ...exact, keys: ['top'] }), expected)).problem ?? '', /top\[0\]/);
      assert.match((await run(kernel({}, { ...exact, keys: ['other'] }), expected)).problem ?? '', /compares nothing/);
    });

    it('fails without a stated tolerance', async () => {
      assert.match((await run(kernel({ loss: 1, top: [3] }), expected)).problem ?? '', /no stated tolerance/);
    });
  });
});

describe('inputs', () => {
  const inputs = {
    n: 2,
    m: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    ragged: [[2, 0], []],
    text: 'x',
  };

  it('are read as flat matrices and as interactions', () => {
    const { rows, columns, values } = readMatrix(inputs, 'm');
    assert.deepEqual([rows, columns, Array.from(values)], [2, 3, [1, 2, 3, 4, 5, 6]]);
    assert.deepEqual(nestRows(values, columns), inputs.m);
    const { indptr, indices } = readInteractions(inputs, 'ragged', 4);
    assert.deepEqual(
      [Array.from(indptr), Array.from(indices)],
      [
        [0, 2, 2],
        [0, 2],
      ],
    );
  });

  it('fail with a sentence when they are of another shape', () => {
    assert.throws(() => readNumber(inputs, 'text'), /inputs\.text is "x", expected a number/);
    assert.throws(() => readLists(inputs, 'gone'), /inputs\.gone is missing/);
    assert.throws(() => readMatrix(inputs, 'ragged'), /differ in length/);
  });

  it('of no rows make an empty matrix', () => {
    assert.deepEqual({ ...flattenRows([]) }, { rows: 0, columns: 0, values: new Float64Array(0) });
    assert.deepEqual(nestRows([], 0), []);
  });
});

describe('a folder of golden files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'recdistill-conformance-'));
  after(() => rmSync(dir, { recursive: true }));
  const put = (name: string, content: unknown): void =>
    writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
  const tolerance = { abs: 1e-9, rel: 1e-9 };
  const adjust = (expected: Json) => ({ name: 'right', inputs: { kind: 'p-adjust', p: [0.5] }, expected });
  const main = (...args: string[]) => {
    const script = fileURLToPath(new URL('main.js', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    return { status, lines: stdout.trimEnd().split('\n'), stderr };
  };

  put('README.md', '# not golden');
  put('notes.txt', '{');
  put('significance.json', { subject: 'significance', tolerance, cases: [adjust({ holm: [0.5] })] });

  it('passes: exit 0, one line per case, the count last', () => {
    const { status, lines, stderr } = main(dir);
    assert.deepEqual(
      { status, lines, stderr },
      {
        status: 0,
        lines: ['ok significance right (float64)', '1 passed, 0 failed'],
        stderr: '',
      },
    );
  });

  it('fails: broken files, broken cases, unknown subjects and wrong values each count', () => {
    put('a-truncated.json', '{"subject": "significance", ');
    put('b-empty.json', '');
    put('c-no-tolerance.json', { subject: 'significance', cases: [adjust({ holm: [0.5] })] });
    put('d-no-cases.json', { subject: 'significance', tolerance, cases: [] });
    put('e-cases.json', { subject: 'significance', tolerance, cases: [{ name: 'bare', inputs: {} }, adjust({}), 3] });
    put('f-unknown.json', { subject: 'no-such-subject', tolerance, cases: [adjust({ x: 1 }), adjust({ x: 2 })] });
    put('g-wrong.json', { subject: 'significance', tolerance, cases: [adjust({ holm: [0.25] })] });
    const { status, lines } = main(dir);
    assert.equal(status, 1);
    assert.equal(lines.at(-1), '1 passed, 10 failed');
    assert.equal(lines.filter((line) => line.startsWith('FAIL ')).length, 10);
    assert.equal(lines.filter((line) => /^FAIL no-such-subject right: not implemented$/.test(line)).length, 2);
    assert.ok(lines.some((line) => /^FAIL significance right: float64 holm\[0\]: got 0\.5, expected 0\.25/.test(line)));
    assert.ok(lines.some((line) => /^FAIL a-truncated \(a-truncated\.json\): cannot be read: /.test(line)));
    assert.equal(readFolder(dir).unreadable.length, 7);
  });

  it('can be narrowed to one subject', () => {
    const { status, lines } = main(dir, '--subject', 'no-such-subject');
    assert.equal(status, 1);
    assert.equal(lines.at(-1), '0 passed, 2 failed');
  });

  it('is needed: exit 2 and a sentence without one, with an empty one, with a wrong option', () => {
    const empty = mkdtempSync(join(dir, 'empty-'));
    for (const args of [[], [join(dir, 'gone')], [empty], [dir, '--subject', 'x'], [dir, dir], [dir, '--what']]) {
      const { status, stderr } = main(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, /^conformance: .+\nusage: /);
    }
  });
});

it('every checker file of this folder has its line in index.ts', async () => {
  const here = new URL('.', import.meta.url);
  const registered: readonly unknown[] = Object.values(checkers);
  const frame = /^(_|index|main|run|folder|difference|inputs|matrix)|\.test\./;
  const files = readdirSync(here).filter((f) => f.endsWith('.js') && !frame.test(f));
  assert.ok(files.length > 0);
  for (const file of files) {
    const exported: unknown[] = Object.values(await import(new URL(file, here).href));
    const found = exported.filter((value) => typeof value === 'object' && value !== null && 'check' in value);
    assert.ok(found.length > 0, `${file} exports no checker`);
    for (const checker of found) assert.ok(registered.includes(checker), `${file} has a checker without its line`);
  }
});
