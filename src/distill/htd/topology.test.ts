/** The loss of the topology against its definition, for groups of all sizes, and its limits. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { createKernels, createReferenceKernels, type Kernels } from '../../kernels/index.js';
import { createTopology, type TopologyOptions } from './topology.js';

const plain: TopologyOptions = { topology: 'group-entity', constantPrototypes: false, positiveOnly: false };
const numbers = (rows: number, dim: number, seed: number) =>
  Array.from({ length: rows }, (_, r) =>
    Array.from({ length: dim }, (_, d) => Math.sin(seed + 1.7 * r * dim + 2.3 * d * d)),
  );

function run(
  k: Kernels,
  student: readonly (readonly number[])[],
  teacher: readonly (readonly number[])[],
  groups: readonly number[],
  options: TopologyOptions,
) {
  const put = (rows: readonly (readonly number[])[]) => {
    const table = k.floats(rows.length * rows[0]!.length);
    table.set(rows.flat());
    return table;
  };
  const own = createTopology(k, { student: student[0]!.length, teacher: teacher[0]!.length }, options);
  const [s, t] = [put(student), put(teacher)];
  const loss = own.step(s, t, groups, student.length, 1);
  const gradient = Array.from(s);
  own.close();
  k.free(s, t);
  return { ...loss, gradient };
}

const cosine = (a: readonly number[], b: readonly number[]) => {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, d) => sum + value * y[d]!, 0);
  return dot(a, b) / (Math.max(1e-12, Math.sqrt(dot(a, a))) * Math.max(1e-12, Math.sqrt(dot(b, b))));
};

/** The loss within groups and with their means, pair by pair. */
function defined(student: readonly number[][], teacher: readonly number[][], groups: readonly number[]) {
  const apart = (a: number, b: number) => (cosine(student[a]!, student[b]!) - cosine(teacher[a]!, teacher[b]!)) ** 2;
  const mean = (rows: readonly number[][], group: number) => {
    const own = rows.filter((_, r) => groups[r] === group);
    return own[0]!.map((_, d) => own.reduce((sum, row) => sum + row[d]!, 0) / own.length);
  };
  let [entities, between] = [0, 0];
  for (let a = 0; a < student.length; a++)
    for (let b = 0; b < student.length; b++) if (groups[a] === groups[b]) entities += apart(a, b);
  for (const group of new Set(groups))
    for (let j = 0; j < student.length; j++)
      between += (cosine(mean(student, group), student[j]!) - cosine(mean(teacher, group), teacher[j]!)) ** 2;
  return { entities, between };
}

// Groups of 2 are computed pair by pair, the one of 300 by products, in more than one block if pairs are left out.
const sizes = [2, 300, 1, 9];
const groups = sizes.flatMap((size, group) => new Array<number>(size).fill(10 - group));
const [student, teacher] = [numbers(groups.length, 3, 0.3), numbers(groups.length, 5, 4)];

test('groups of any size give the loss of the definition', () => {
  const { entities, between } = defined(student, teacher, groups);
  for (const k of [createReferenceKernels('f64'), createKernels({ threads: 1, memoryLimit: 2 ** 26 })]) {
    const got = run(k, student, teacher, groups, plain);
    ok(Math.abs(got.entities / entities - 1) < 1e-5, `${got.entities}, ${entities}`);
    ok(Math.abs(got.groups / between - 1) < 1e-5, `${got.groups}, ${between}`);
    k.close();
  }
});

test('pair by pair and by products are the same', () => {
  const k = createReferenceKernels('f64');
  // All cosines of the teacher are positive, so nothing is left out.
  const positive = teacher.map((row) => row.map((x) => 2 + x));
  const byProducts = run(k, student, positive, groups, plain);
  const byPairs = run(k, student, positive, groups, { ...plain, positiveOnly: true });
  ok(Math.abs(byProducts.entities - byPairs.entities) < 1e-8);
  byPairs.gradient.forEach((g, at) => {
    ok(Math.abs(byProducts.gradient[at]! - g) < 1e-8);
  });
});

test('a student with the embeddings of the teacher has nothing to learn', () => {
  const k = createReferenceKernels('f64');
  for (const topology of ['full', 'group-entity', 'group-group'] as const) {
    const got = run(k, teacher, teacher, groups, { ...plain, topology });
    ok(Math.abs(got.entities + got.groups) < 1e-9, topology);
    ok(got.gradient.every((g) => Math.abs(g) < 1e-9));
  }
});

test('without gradients of the means, group-group teaches nothing between groups', () => {
  const k = createReferenceKernels('f64');
  const single = groups.map((_, r) => r);
  const constant = { ...plain, topology: 'group-group', constantPrototypes: true } as const;
  ok(run(k, student, teacher, single, constant).groups > 1);
  ok(run(k, student, teacher, single, constant).gradient.every((g) => Math.abs(g) < 1e-9));
  ok(
    run(k, student, teacher, single, { ...constant, constantPrototypes: false }).gradient.some(
      (g) => Math.abs(g) > 0.1,
    ),
  );
});

test('a row of zeros has cosine 0, no gradient, and disturbs nothing', () => {
  const k = createReferenceKernels('f64');
  const [own, target] = [student.slice(0, 4), teacher.slice(0, 4)].map((rows) => rows.map((row) => [...row]));
  own![1] = [0, 0, 0];
  target![2] = [0, 0, 0, 0, 0];
  for (const topology of ['full', 'group-group'] as const) {
    const got = run(k, own!, target!, [0, 1, 2, 3], { ...plain, topology });
    ok(got.gradient.every(Number.isFinite), topology);
    equal(got.gradient.slice(3, 6).join(), '0,0,0');
  }
});
