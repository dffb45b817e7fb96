/** Weights on their way from rows to parts, and through every step that chooses or turns interactions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseOptions } from '../options/options.js';
import { runSync } from '../progress.js';
import { compact, ratedAtLeast, withMinimum } from './filters.js';
import { fingerprintOf } from './fingerprint.js';
import { testFolder } from './folder.test.support.js';
import { hideInteractions } from './hide.js';
import { canonicalOrder, idMap } from './ids.js';
import { fromPairs, type Interactions, itemsOf, placeInRow, transpose, union } from './interactions.js';
import { dataOptions } from './options.js';
import type { Pairs } from './pairs.js';
import { preparingGiven } from './prepare-given.js';
import { preparingRaw } from './prepare-raw.js';
import { splits } from './splits/index.js';
import { writeSplit } from './write-split.js';

/** Every interaction weighs what its user and item say, so that a weight at the wrong interaction is detected. */
const prepareRaw = (...given: Parameters<typeof preparingRaw>) => runSync(preparingRaw(...given));
const prepareGiven = (...given: Parameters<typeof preparingGiven>) => runSync(preparingGiven(...given));
const weightOf = (user: number, item: number) => Math.fround(user + item / 10 + 0.3);

const grid = (nUsers: number, nItems: number) => {
  const cells = [...Array(nUsers * nItems).keys()].filter((n) => (n * 7) % 3 !== 0);
  return { users: cells.map((n) => Math.floor(n / nItems)), items: cells.map((n) => n % nItems) };
};

const weighted = (nUsers: number, nItems: number): Interactions => {
  const g = grid(nUsers, nItems);
  return fromPairs(
    ...([nUsers, nItems, g.users, g.items] as const),
    g.items,
    g.users.map((u, n) => weightOf(u, g.items[n]!)),
  );
};

function keepsWeights(x: Interactions, user = (u: number) => u, item = (i: number) => i): void {
  assert.equal(x.weights?.length, x.indices.length);
  for (let u = 0; u < x.nUsers; u++) {
    itemsOf(x, u).forEach((i, n) => {
      assert.equal(x.weights![x.indptr[u]! + n], weightOf(user(u), item(i)));
    });
  }
}

test('repeated pairs are one: weights add up, the time is the earliest, the order of the rows does not matter', () => {
  const row = fc.tuple(fc.nat(4), fc.nat(3), fc.nat(50), fc.double({ min: 1e-6, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
      const build = (list: typeof rows) =>
        fromPairs(
          ...([5, 4, list.map((r) => r[0]), list.map((r) => r[1])] as const),
          list.map((r) => r[2]),
          list.map((r) => r[3]),
        );
      const x = build(rows);
      assert.deepEqual(build([...rows].reverse()), x);
      for (let u = 0; u < 5; u++) {
        for (const i of itemsOf(x, u)) {
          const own = rows.filter((r) => r[0] === u && r[1] === i);
          const [at, sum] = [placeInRow(x, u, i), own.reduce((total, r) => total + r[3], 0)];
          assert.ok(Math.abs(x.weights![at]! - sum) <= sum * 2 ** -23);
          assert.equal(x.times![at], Math.min(...own.map((r) => r[2])));
        }
      }
    }),
  );
});

test('k rows of a pair weigh what one row of weight k does', () => {
  const [users, items, times] = [
    [0, 1, 1, 2],
    [3, 0, 2, 1],
    [1, 2, 4, 2],
  ];
  const repeated = times.flatMap((n, at) => Array.from({ length: n }, () => at));
  const rows = fromPairs(
    ...([3, 4, repeated.map((at) => users[at]!), repeated.map((at) => items[at]!)] as const),
    undefined,
    repeated.map(() => 1),
  );
  assert.deepEqual(rows, fromPairs(3, 4, users, items, undefined, times));
});

test('a weight that is not above 0 and finite as float32 is refused', () => {
  for (const [weight, name] of [
    [0, '0'],
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [1e39, '1e\\+39'],
    [1e-46, '1e-46'],
  ] as const) {
    assert.throws(() => fromPairs(2, 2, [0, 1], [1, 0], undefined, [1, weight]), {
      code: 'bad-data',
      message: new RegExp(`pair 1 .* is ${name}`),
    });
  }
});

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);

test('filters, splits, hiding and turning keep the weight of each interaction', () => {
  const x = weighted(9, 12);
  keepsWeights(x);
  const turned = transpose(x);
  for (let i = 0; i < 12; i++) {
    itemsOf(turned, i).forEach((u, n) => {
      assert.equal(turned.weights![turned.indptr[i]! + n], weightOf(u, i));
    });
  }
  assert.deepEqual(transpose(turned).weights, x.weights);
  keepsWeights(withMinimum(x, 8, 2, 'once'));
  const fewer = compact(withMinimum(x, 1, 7, 'k-core'));
  keepsWeights(
    fewer.interactions,
    (u) => fewer.users[u]!,
    (i) => fewer.items[i]!,
  );
  const ids = { users: numbered(9), items: numbered(12) };
  for (const { name, divide: split } of Object.values(splits)) {
    const holdOut = name === 'users' || name === 'hash' ? 'random' : 'latest';
    const parts = split(x, { ratios: [0.6, 0.2, 0.2], holdOut, seed: 1, foldInShare: 0.8, ids });
    for (const part of Object.values(parts) as Interactions[]) keepsWeights(part);
  }
  const { train, hidden } = hideInteractions(x, 0.4, 1);
  keepsWeights(train);
  keepsWeights(hidden);
  assert.equal(union(train, hidden).weights, undefined);
});

test('selected rows keep their weights', () => {
  const pairs = { users: Int32Array.of(0, 1, 2), items: Int32Array.of(2, 1, 0) };
  const rated: Pairs = { ...pairs, ratings: Float64Array.of(1, 5, 4), weights: Float64Array.of(7, 8, 9) };
  assert.deepEqual(ratedAtLeast(rated, 4).weights, Float64Array.of(8, 9));
});

test('weights of train are part of the fingerprint, those of valid and test are not', () => {
  const x = weighted(3, 4);
  const { weights, ...plain } = x;
  const print = (train: Interactions, valid: Interactions) =>
    fingerprintOf(['a', 'b', 'c'], ['p', 'q', 'r', 's'], { train, valid, test: plain });
  const other = { ...x, weights: weights!.map((w, n) => (n === 2 ? w + 1 : w)) };
  assert.equal(new Set([print(plain, plain), print(x, plain), print(other, plain)]).size, 3);
  assert.equal(print(x, plain), print(x, other));
  // Written down once, as that of data without weights in fingerprint.test.ts; made by another program from the definition.
  assert.equal(print(x, plain), 'fa1755e66ed80092bcd997b42c8cc398c098aa5dda49017d5ef75783d1e376ec');
});

/** Raw rows of a source; user u and item i have the ids `u${u}` and `i${i}`. */
function source(parts: number) {
  const g = grid(8, 10);
  const all = { users: Int32Array.from(g.users), items: Int32Array.from(g.items) };
  const weights = Float64Array.from(g.users, (u, n) => weightOf(u, g.items[n]!));
  const one = (part: number): Pairs => {
    const rows = [...weights.keys()].filter((n) => n % parts === part);
    const pick = (of: ArrayLike<number>) => rows.map((n) => of[n]!);
    return {
      users: Int32Array.from(pick(all.users)),
      items: Int32Array.from(pick(all.items)),
      weights: Float64Array.from(pick(weights)),
    };
  };
  const ids = (prefix: string, n: number) => Array.from({ length: n }, (_, k) => `${prefix}${k}`);
  return { users: ids('u', 8), items: ids('i', 10), parts: [...Array(parts).keys()].map(one), notes: [], leftOut: [] };
}

const optionsWith = (more: object) => parseOptions(dataOptions, more, 'data');
const dataNumber = (id: string) => Number(id.slice(1));

test('raw rows and ready splits become parts with weights, and the notes say that they were added up', () => {
  const raw = prepareRaw('x', source(1), optionsWith({ minUser: 2 }), 5, [0.6, 0.2, 0.2]);
  const given = prepareGiven('x', source(3), optionsWith({}));
  for (const { parts, users, items } of [raw, given]) {
    for (const part of [parts.train, parts.valid, parts.test]) {
      keepsWeights(
        part,
        (u) => dataNumber(users[u]!),
        (i) => dataNumber(items[i]!),
      );
    }
  }
  assert.match(raw.notes.join('\n'), /0 duplicate rows: .* earliest time and the sum of its weights/);
  const train = raw.parts.train.weights!;
  const [least, most] = [Math.min(...train), Math.max(...train)].map((w) => Number(w.toFixed(1)));
  assert.equal(raw.notes.at(-1), `train interactions have weights from ${least} to ${most}`);
});

test('log scaling holds back large weights, keeps 1, and needs weights', () => {
  const [plain, log] = (['none', 'log'] as const).map(
    (weightScale) => prepareGiven('x', source(3), optionsWith({ weightScale })).parts.train,
  );
  plain!.weights!.forEach((w, n) => {
    assert.equal(log!.weights![n], Math.fround(Math.log1p(w) / Math.LN2));
  });
  const s = source(1);
  const ones = { ...s, parts: s.parts.map((p) => ({ ...p, weights: p.weights!.map(() => 1) })) };
  const { parts } = prepareRaw('x', ones, optionsWith({ weightScale: 'log' }), 1, [0.6, 0.2, 0.2]);
  assert.ok(parts.train.weights!.every((w) => w === 1));
  const none = { ...s, parts: s.parts.map(({ users, items }) => ({ users, items })) };
  assert.throws(() => prepareRaw('x', none, optionsWith({ weightScale: 'log' }), 1, [0.6, 0.2, 0.2]), {
    code: 'usage',
    message: /weightScale is log, but the data has no weights/,
    hint: /--weight/,
  });
});

test('a written split stores exact weights and records them in its manifest', async (t) => {
  const { users, items, parts } = prepareGiven('x', source(3), optionsWith({}));
  assert.deepEqual(Array.from(canonicalOrder(users)), [...users.keys()]);
  const fingerprint = fingerprintOf(users, items, parts);
  const folder = join(testFolder(t).path, 'split');
  await writeSplit({ name: 'x', users: idMap(users), items: idMap(items), ...parts, fingerprint, notes: [] }, folder);
  const read = (part: string) => {
    const [header, ...rows] = readFileSync(join(folder, `${part}.tsv`), 'utf8')
      .trim()
      .split('\n');
    assert.equal(header, 'user\titem\tweight');
    const cells = rows.map((row) => row.split('\t'));
    return fromPairs(
      ...([8, 10, cells.map(([u]) => users.indexOf(u!)), cells.map(([, i]) => items.indexOf(i!))] as const),
      undefined,
      cells.map(([, , w]) => Number(w)),
    );
  };
  assert.deepEqual({ train: read('train'), valid: read('valid'), test: read('test') }, parts);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual([manifest.weighted, manifest.fingerprint], [true, fingerprint]);
});
