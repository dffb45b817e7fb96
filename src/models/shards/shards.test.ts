import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Interactions, loadDataset } from '../../data/index.js';
import { RecdistillError } from '../../errors.js';
import { createKernels } from '../../kernels/index.js';
import type { ComputedSpec, Model } from '../_model.js';
import { makeModel } from '../check.js';
import { ease } from '../ease.js';
import { ials } from '../ials.js';
import { itemKnn } from '../item-knn.js';
import { rp3beta } from '../rp3beta.js';
import { rangesOf } from './_shards.js';

const { train } = await loadDataset({ data: 'synthetic:70x60x900:3' });
const weights = Float32Array.from(train.indices, (item, e) => 0.5 + ((item * 7 + e) % 11) / 4);
const weighted: Interactions = { ...train, weights };
/** Users 0 to 29 have nothing: a shard of them has only empty rows. */
const held: Interactions = (() => {
  const indptr = train.indptr.map((start, u) => Math.max(0, (u < 30 ? train.indptr[30]! : start) - train.indptr[30]!));
  const indices = train.indices.slice(train.indptr[30]!);
  return { ...train, indptr, indices, trainUsers: Int32Array.from({ length: 40 }, (_, at) => at + 30) };
})();

const models = [
  { spec: ials, options: { dim: 5, epochs: 3, seed: 1 } },
  { spec: ease, options: { form: 'primal' } },
  { spec: itemKnn, options: { neighbours: 7 } },
  { spec: rp3beta, options: { neighbours: 7 } },
] as const;

/** Scores of all users, and of histories of items 1, 5, 9 and of nothing. */
async function scoresOf(spec: unknown, options: object, x: Interactions, threads = 1): Promise<Float32Array> {
  const k = createKernels({ threads, memoryLimit: 2 ** 26 });
  const { options: schema, ...rest } = spec as ComputedSpec;
  const model: Model = await makeModel(
    { ...rest, options: schema },
    { kernels: k, train: x, seed: 1 },
    schema.parse(options),
  );
  const users = k.ints(x.nUsers);
  users.set(Int32Array.from({ length: x.nUsers }, (_, u) => u));
  const out = k.floats((x.nUsers + 2) * x.nItems);
  model.scoreRows(users, out);
  const rows = { rows: 2, columns: x.nItems, indptr: k.ints(3), indices: k.ints(3) };
  rows.indptr.set([0, 3, 3]);
  rows.indices.set([1, 5, 9]);
  model.histories!.score(rows, out.subarray(x.nUsers * x.nItems));
  const copy = Float32Array.from(out);
  k.free(users, out, rows.indptr, rows.indices);
  model.close();
  k.close();
  return copy;
}

for (const { spec, options } of models) {
  test(`${spec.name}: every number of shards gives the scores of one, at any number of threads`, async () => {
    for (const [name, x] of Object.entries({ train, weighted, held })) {
      const one = await scoresOf(spec, options, x);
      const largest = Math.max(...one.map(Math.abs));
      for (const shards of [2, 3, 7, 100]) {
        const scores = await scoresOf(spec, { ...options, shards }, x);
        const most = Math.max(...scores.map((score, at) => Math.abs(score - one[at]!)));
        assert.ok(most <= 2e-4 * largest, `${name}, ${shards} shards: ${most} of ${largest}`);
        assert.deepEqual(
          await scoresOf(spec, { ...options, shards }, x, 2),
          scores,
          `${name}, ${shards} shards, 2 threads`,
        );
        if (spec === itemKnn || spec === rp3beta) assert.deepEqual(scores, one, `${name}, ${shards} shards`);
      }
      assert.deepEqual(await scoresOf(spec, { ...options, shards: 1 }, x), one, `${name}: 1 is no shards`);
    }
  });
}

test('shards 1 and auto are not a part of the options of a run', () => {
  for (const { spec } of models) {
    for (const shards of [1, 'auto', undefined])
      assert.equal(JSON.stringify(spec.options.parse({ shards })), JSON.stringify(spec.options.parse({})));
    for (const shards of [0, 1.5, 5000, 'many']) assert.throws(() => spec.options.parse({ shards }));
  }
});

test('ease refuses shards in dual form', () => {
  assert.throws(
    () => ease.check!(ease.options.parse({ form: 'dual', shards: 2 })),
    (error) => error instanceof RecdistillError && error.code === 'bad-option' && /primal/.test(error.message),
  );
  ease.check!(ease.options.parse({ form: 'dual', shards: 1 }));
});

test('ranges cover all rows once, evenly, also if there are more shards than rows', () => {
  const starts = Int32Array.from({ length: 1001 }, (_, row) => row * row);
  for (const shards of [1, 2, 3, 7, 1000, 4096]) {
    const ends = rangesOf(starts, shards);
    assert.equal(ends.length, shards + 1);
    assert.deepEqual([ends[0], ends[shards]], [0, 1000]);
    for (let s = 0; s < shards; s++) {
      assert.ok(ends[s]! <= ends[s + 1]!);
      const cost = starts[ends[s + 1]!]! - starts[ends[s]!]! + 64 * (ends[s + 1]! - ends[s]!);
      // At most its share and one row more.
      assert.ok(cost <= (1_000_000 + 64_000) / shards + 2063, `${shards} shards: ${cost}`);
    }
  }
  assert.deepEqual(rangesOf(Int32Array.of(0), 3), Int32Array.of(0, 0, 0, 0));
});
