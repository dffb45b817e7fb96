import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { inMemory, type Rankings, rankingOf, rankingsOf, rowsOf } from '../data/rankings.js';
import { readRankings, writeRankings } from './rankings-file.js';

let dir: string;
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-within-'));
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

/** Lists of all lengths up to `depth`. */
function made(nUsers: number, depth: number, nItems = 500): Rankings {
  const items = new Int32Array(nUsers * depth).fill(-1);
  for (let u = 0; u < nUsers; u++)
    for (let r = 0; r < u % (depth + 1); r++) items[u * depth + r] = (u * 31 + r) % nItems;
  return { nUsers, nItems, depth, items };
}

const opened = (rankings: Rankings, name = 'r.safetensors'): Rankings => {
  const path = join(dir, name);
  writeRankings(path, rankings, { teacher: 'ease' });
  return readRankings(path, 0).rankings;
};

test('lists in a file are those in memory, in whatever order they are asked for', () => {
  const rankings = made(3000, 7);
  const within = opened(rankings);
  assert.ok(within.rows && !Object.hasOwn(within, 'items'));
  assert.deepEqual(inMemory(within), rankings);
  const ask = fc.tuple(fc.nat(2999), fc.integer({ min: 1, max: 2000 }));
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 20 }), (asked) => {
      const got = asked.map(([from, n]) => [from, Math.min(3000, from + n)] as const);
      // All are compared at the end: an earlier list stays as it was.
      const rows = got.map(([from, to]) => rowsOf(within, from, to));
      got.forEach(([from, to], at) => void assert.deepEqual(rows[at], rowsOf(rankings, from, to)));
      for (const [u] of asked) assert.deepEqual(rankingOf(within, u), rankingOf(rankings, u));
    }),
    { numRuns: 60 },
  );
  for (let u = 0; u < 3000; u += 3) assert.deepEqual(rankingOf(within, u), rankingOf(rankings, u));
  const some = Int32Array.of(0, 6, 2999);
  assert.deepEqual(rankingsOf(within, some), rankingsOf(rankings, some));
  // A copy with other lists is one in memory.
  assert.equal('rows' in { ...within, items: rankings.items }, false);
});

test('written from one file to another, part by part, the bytes are the same', () => {
  const rankings = made(9000, 3);
  const within = opened(rankings, 'a.safetensors');
  writeRankings(join(dir, 'b.safetensors'), within, { teacher: 'ease' });
  assert.ok(fs.readFileSync(join(dir, 'a.safetensors')).equals(fs.readFileSync(join(dir, 'b.safetensors'))));
});

test('lists stay readable after their file was removed', () => {
  const rankings = made(2000, 4);
  const within = opened(rankings, 'gone.safetensors');
  fs.rmSync(join(dir, 'gone.safetensors'));
  assert.deepEqual(rankingOf(within, 1999), rankingOf(rankings, 1999));
});

test('a changed byte and a list that is none are refused when the file is opened', () => {
  const path = join(dir, 'bad.safetensors');
  writeRankings(path, made(2000, 4));
  const bytes = fs.readFileSync(path);
  bytes[bytes.length - 5]! ^= 1;
  fs.writeFileSync(path, bytes);
  assert.throws(() => readRankings(path, 0), { code: 'artifact-damaged', message: /SHA-256/ });
  const twice = made(2000, 4);
  twice.items.set([3, 3], 1999 * 4);
  writeRankings(path, twice);
  assert.throws(() => readRankings(path, 0), { code: 'artifact-damaged', message: /user 1999 has item 3 twice/ });
});
