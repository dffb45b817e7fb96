import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Interactions, placeInRow } from '../data/interactions.js';
import { createReferenceKernels, takeRows } from '../kernels/index.js';
import type { Tables } from './_model.js';
import { ials } from './ials.js';

/** User 2 and items 3 and 5 have nothing. */
const train: Interactions = {
  nUsers: 5,
  nItems: 6,
  indptr: Int32Array.of(0, 3, 5, 5, 7, 9),
  indices: Int32Array.of(0, 1, 4, 0, 1, 2, 4, 1, 2),
};

type Options = Readonly<Record<'dim' | 'epochs' | 'unobservedWeight' | 'l2' | 'l2Exponent', number>>;

async function factorsOf(o: Options, seed = 0, x = train): Promise<Tables> {
  const model = await ials.create(
    { kernels: createReferenceKernels('f64'), train: x, seed },
    ials.options.parse({ ...o, seed }),
  );
  return model.tables!();
}

/** The loss as published, over all pairs one by one; with weights an observed pair counts that many times. */
function lossOf({ userFactors, itemFactors, dim }: Tables, o: Options, x = train): number {
  const weights = x.weights ?? x.indices.map(() => 1);
  const sums = { userFactors: new Float64Array(x.nUsers), itemFactors: new Float64Array(x.nItems) };
  for (let u = 0; u < x.nUsers; u++) {
    for (let e = x.indptr[u]!; e < x.indptr[u + 1]!; e++) {
      sums.userFactors[u]! += weights[e]!;
      sums.itemFactors[x.indices[e]!]! += weights[e]!;
    }
  }
  const norm = (table: Tables['userFactors'], row: number) =>
    Array.from(table.subarray(row * dim, (row + 1) * dim)).reduce((sum, x) => sum + x * x, 0);
  let loss = 0;
  for (let u = 0; u < train.nUsers; u++) {
    loss += o.l2 * (sums.userFactors[u]! + o.unobservedWeight * train.nItems) ** o.l2Exponent * norm(userFactors, u);
    for (let i = 0; i < train.nItems; i++) {
      let score = 0;
      for (let d = 0; d < dim; d++) score += userFactors[u * dim + d]! * itemFactors[i * dim + d]!;
      const at = placeInRow(x, u, i);
      loss += o.unobservedWeight * score ** 2 + (at >= 0 ? weights[at]! * (1 - score) ** 2 : 0);
    }
  }
  for (let i = 0; i < train.nItems; i++) {
    loss += o.l2 * (sums.itemFactors[i]! + o.unobservedWeight * train.nUsers) ** o.l2Exponent * norm(itemFactors, i);
  }
  return loss;
}

const weighted: Interactions = { ...train, weights: Float32Array.of(2, 0.25, 7, 1, 3, 0.5, 12, 1, 4) };

const settings: readonly Options[] = [
  { dim: 3, epochs: 2, unobservedWeight: 0.3, l2: 0.05, l2Exponent: 1 },
  { dim: 2, epochs: 1, unobservedWeight: 1, l2: 0.01, l2Exponent: 0 },
  { dim: 4, epochs: 5, unobservedWeight: 0.1, l2: 0.2, l2Exponent: 0.5 },
];

/** The loss is a parabola in each number of the table: equal on both sides of its minimum, and higher. */
function atMinimum(tables: Tables, side: 'userFactors' | 'itemFactors', o: Options, x = train): void {
  const [least, table] = [lossOf(tables, o, x), tables[side]];
  for (let at = 0; at < table.length; at++) {
    const value = table[at]!;
    const [up, down] = [0.01, -0.01].map((step) => {
      table[at] = value + step;
      return lossOf(tables, o, x);
    });
    table[at] = value;
    assert.ok(Math.abs(up! - down!) < 1e-11 && up! > least, `${side}, number ${at}: ${down}, ${least}, ${up}`);
  }
}

test('each half step is the minimum of the published loss for the other half', async () => {
  for (const o of settings) {
    for (const x of [train, weighted]) {
      atMinimum(await factorsOf(o, 0, x), 'itemFactors', o, x);
      const next = await factorsOf({ ...o, epochs: o.epochs + 1 }, 0, x);
      atMinimum({ ...next, itemFactors: (await factorsOf(o, 0, x)).itemFactors }, 'userFactors', o, x);
    }
  }
});

test('a history has the user vector of the next half-step on users, with its own weights, and the zero vector if it is empty', async () => {
  for (const o of settings) {
    for (const x of [train, weighted]) {
      const k = createReferenceKernels('f64');
      const model = await ials.create({ kernels: k, train: x, seed: 0 }, ials.options.parse({ ...o, seed: 0 }));
      // The next alternation starts from the item vectors of this one.
      const { userFactors } = await factorsOf({ ...o, epochs: o.epochs + 1 }, 0, x);
      const { itemFactors, dim } = model.tables!();
      const out = k.floats(x.nUsers * x.nItems);
      model.histories!.score(takeRows(k, { columns: x.nItems, ...x }, x.weights), out);
      for (const [at, score] of out.entries()) {
        const [user, item] = [Math.floor(at / x.nItems), at % x.nItems];
        let expected = 0;
        for (let d = 0; d < dim; d++) expected += userFactors[user * dim + d]! * itemFactors[item * dim + d]!;
        assert.ok(Math.abs(score - expected) < 1e-12, `user ${user}, item ${item}: ${score}, not ${expected}`);
        if (user === 2) assert.equal(score, 0);
      }
      assert.equal(model.histories!.by, 'solve');
    }
  }
});

test('after each sweep the model is that of as many epochs, also for histories', async () => {
  for (const o of settings) {
    const k = createReferenceKernels('f64');
    const seen: number[] = [];
    const made = await ials.create(
      {
        ...{ kernels: k, train, seed: 0 },
        async swept(model, sweep, sweeps) {
          seen.push(sweep);
          assert.equal(sweeps, o.epochs);
          const alone = createReferenceKernels('f64');
          const options = ials.options.parse({ ...o, epochs: sweep });
          const other = await ials.create({ kernels: alone, train, seed: 0 }, options);
          assert.deepEqual(model.tables!(), other.tables!());
          const rows = (kernels: typeof k) => takeRows(kernels, { columns: train.nItems, ...train });
          const scores = [k, alone].map((kernels) => kernels.floats(train.nUsers * train.nItems));
          model.histories!.score(rows(k), scores[0]!);
          other.histories!.score(rows(alone), scores[1]!);
          assert.deepEqual(scores[0], scores[1]);
        },
      },
      ials.options.parse(o),
    );
    assert.deepEqual(
      seen,
      Array.from({ length: o.epochs }, (_, n) => n + 1),
    );
    made.close();
  }
});

test('with weights alpha r and unobservedWeight 1, confidences are those of Hu et al., 1 + alpha r', async () => {
  // One user, one item: p = c q / (w q q + c q q + l2 (c + w)), where Hu et al. have 1 + c = 1 + alpha r before q q.
  const one: Interactions = { nUsers: 1, nItems: 1, indptr: Int32Array.of(0, 1), indices: Int32Array.of(0) };
  const o = { dim: 1, epochs: 1, unobservedWeight: 1, l2: 0.3, l2Exponent: 0 };
  const alpha = 40;
  const r = 2.5;
  const x = { ...one, weights: Float32Array.of(alpha * r) };
  const { userFactors, itemFactors } = await factorsOf(o, 0, x);
  const q = (p: number) => (alpha * r * p) / ((1 + alpha * r) * p * p + o.l2);
  assert.ok(Math.abs(itemFactors[0]! - q(userFactors[0]!)) < 1e-12);
});

test('a user without items gets zeros; each epoch lowers the loss; the seed determines the start', async () => {
  const o = settings[0]!;
  const { userFactors, itemFactors, dim } = await factorsOf(o);
  assert.ok(
    [
      userFactors.subarray(2 * dim, 3 * dim),
      itemFactors.subarray(3 * dim, 4 * dim),
      itemFactors.subarray(5 * dim),
    ].every((row) => row.every((x) => x === 0)),
  );
  const losses: number[] = [];
  for (const epochs of [1, 2, 3, 4]) losses.push(lossOf(await factorsOf({ ...o, epochs }), o));
  for (const [at, loss] of losses.entries()) assert.ok(at === 0 || loss < losses[at - 1]!, losses.join(' '));
  assert.notDeepEqual((await factorsOf(o, 1)).itemFactors, itemFactors);
  assert.deepEqual((await factorsOf(o, 0)).itemFactors, itemFactors);
});

test('without enough regularisation it is refused, and all memory is given back', async () => {
  const k = createReferenceKernels('f64');
  const o = ials.options.parse({ dim: 4, l2: 1e-60, unobservedWeight: 1e-60 });
  await assert.rejects(ials.create({ kernels: k, train, seed: 0 }, o), {
    code: 'not-positive-definite',
    hint: /raise l2/,
  });
  assert.equal(k.bytesInUse, 0);
});
