import assert from 'node:assert/strict';
import { test } from 'node:test';
import { has, type Interactions, itemCounts } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
import type { Tables } from './_model.js';
import { ials } from './ials.js';

/** User 2 and items 3 and 5 have nothing. */
const train: Interactions = {
  users: 5,
  items: 6,
  indptr: Int32Array.of(0, 3, 5, 5, 7, 9),
  indices: Int32Array.of(0, 1, 4, 0, 1, 2, 4, 1, 2),
};

type Options = Readonly<Record<'dim' | 'epochs' | 'unobservedWeight' | 'l2' | 'l2Exponent', number>>;

async function factorsOf(o: Options, seed = 0): Promise<Tables> {
  const model = await ials.create(
    { kernels: createReferenceKernels('f64'), train, seed },
    ials.options.parse({ ...o, seed }) as never,
  );
  return model.tables!();
}

/** The loss as published, over all pairs one by one. */
function lossOf({ users, items, dim }: Tables, o: Options): number {
  const counts = itemCounts(train);
  const norm = (table: Tables['users'], row: number) =>
    Array.from(table.subarray(row * dim, (row + 1) * dim)).reduce((sum, x) => sum + x * x, 0);
  let loss = 0;
  for (let u = 0; u < train.users; u++) {
    const own = train.indptr[u + 1]! - train.indptr[u]!;
    loss += o.l2 * (own + o.unobservedWeight * train.items) ** o.l2Exponent * norm(users, u);
    for (let i = 0; i < train.items; i++) {
      let score = 0;
      for (let d = 0; d < dim; d++) score += users[u * dim + d]! * items[i * dim + d]!;
      loss += o.unobservedWeight * score ** 2 + (has(train, u, i) ? (1 - score) ** 2 : 0);
    }
  }
  for (let i = 0; i < train.items; i++) {
    loss += o.l2 * (counts[i]! + o.unobservedWeight * train.users) ** o.l2Exponent * norm(items, i);
  }
  return loss;
}

const settings: readonly Options[] = [
  { dim: 3, epochs: 2, unobservedWeight: 0.3, l2: 0.05, l2Exponent: 1 },
  { dim: 2, epochs: 1, unobservedWeight: 1, l2: 0.01, l2Exponent: 0 },
  { dim: 4, epochs: 5, unobservedWeight: 0.1, l2: 0.2, l2Exponent: 0.5 },
];

/** The loss is a parabola in each number of the table: equal on both sides of its minimum, and higher. */
function atMinimum(tables: Tables, side: 'users' | 'items', o: Options): void {
  const [least, table] = [lossOf(tables, o), tables[side]];
  for (let at = 0; at < table.length; at++) {
    const value = table[at]!;
    const [up, down] = [0.01, -0.01].map((step) => {
      table[at] = value + step;
      return lossOf(tables, o);
    });
    table[at] = value;
    assert.ok(Math.abs(up! - down!) < 1e-12 && up! > least, `${side}, number ${at}: ${down}, ${least}, ${up}`);
  }
}

test('each half step is the minimum of the published loss for the other half', async () => {
  for (const o of settings) {
    atMinimum(await factorsOf(o), 'items', o);
    const next = await factorsOf({ ...o, epochs: o.epochs + 1 });
    atMinimum({ ...next, items: (await factorsOf(o)).items }, 'users', o);
  }
});

test('who has nothing gets zeros; each epoch lowers the loss; the seed decides where it starts', async () => {
  const o = settings[0]!;
  const { users, items, dim } = await factorsOf(o);
  assert.ok(
    [users.subarray(2 * dim, 3 * dim), items.subarray(3 * dim, 4 * dim), items.subarray(5 * dim)].every((row) =>
      row.every((x) => x === 0),
    ),
  );
  const losses: number[] = [];
  for (const epochs of [1, 2, 3, 4]) losses.push(lossOf(await factorsOf({ ...o, epochs }), o));
  for (const [at, loss] of losses.entries()) assert.ok(at === 0 || loss < losses[at - 1]!, losses.join(' '));
  assert.notDeepEqual((await factorsOf(o, 1)).items, items);
  assert.deepEqual((await factorsOf(o, 0)).items, items);
});

test('without enough regularisation it is refused, and all memory is given back', async () => {
  const k = createReferenceKernels('f64');
  const o = ials.options.parse({ dim: 4, l2: 1e-60, unobservedWeight: 1e-60 }) as never;
  await assert.rejects(ials.create({ kernels: k, train, seed: 0 }, o), {
    code: 'not-positive-definite',
    hint: /raise l2/,
  });
  assert.equal(k.bytesInUse, 0);
});
