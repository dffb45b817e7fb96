/** The contracts of metrics, samplers, optimisers, search strategies and weights of ensembles: `for (const c of metricContract(mine)) test(c.name, c.run)`. */
import assert from 'node:assert/strict';
import { has, type Rankings } from '../data/index.js';
import { type EnsembleKind, ensembleRegistry } from '../distill/index.js';
import { evaluateRankings, type Metric, metricRegistry } from '../eval/index.js';
import { type Strategy, strategyRegistry } from '../experiment/search/strategies/index.js';
import { createKernels, type Kernels, takeRows } from '../kernels/index.js';
import { stream, uniform } from '../math/random.js';
import { createTouchedRows, type Optimized, type OptimizerSpec, optimizerRegistry } from '../optim/index.js';
import { logRange, oneOf, range, type SearchPoint, type SearchSpace, wholeRange } from '../options/search.js';
import { type SamplerSpec, samplerRegistry } from '../samplers/index.js';
import { type ContractCase, smallTrain } from './checks.js';

const withKernels = (work: (k: Kernels) => void) => (): void => {
  const k = createKernels({ threads: 1, memoryLimit: 64e6 });
  try {
    work(k);
  } finally {
    k.close();
  }
};

/** @param metric of one user or of all lists */
export function metricContract(metric: Metric): ContractCase[] {
  const name = (rest: string) => `${metric.name}: ${rest}`;
  const { nUsers, nItems } = smallTrain;
  const depth = 6;
  const items = Int32Array.from(
    { length: nUsers * depth },
    (_, n) => (n % depth) + (Math.floor(n / depth) % (nItems - depth)),
  );
  const rankings: Rankings = { nUsers, nItems, depth, items };
  const trainCounts = Int32Array.from({ length: nItems }, (_, item) => 1 + (item % 3));
  const evaluated = () => evaluateRankings(rankings, smallTrain, { metrics: [metric], topK: [1, 5], trainCounts });
  return [
    { name: name('its declaration is complete'), run: () => metricRegistry.add(metric) },
    {
      name: name('equal lists have equal, finite values, and the lists do not change'),
      run() {
        const before = items.slice();
        assert.deepEqual(evaluated(), evaluated());
        assert.deepEqual(items, before, 'the metric changed the lists');
        if (metric.kind === 'user') {
          const values = Object.values(evaluated().perUser).flatMap((of) => Array.from(of));
          assert.ok(
            values.length > 0 && values.every((v) => Number.isFinite(v)),
            'every user must have a finite value',
          );
        }
      },
    },
    ...(metric.kind === 'user'
      ? [
          {
            name: name('the best list has at least the value of a list without hits'),
            run() {
              const of = (hits: readonly number[]) => metric.value(Int32Array.from(hits), 3, 5);
              assert.ok(
                of([0, 1, 2]) >= of([]),
                `${of([0, 1, 2])} for hits at the first positions, ${of([])} without any`,
              );
            },
          },
        ]
      : []),
  ];
}

export function samplerContract(spec: SamplerSpec): ContractCase[] {
  const name = (rest: string) => `${spec.name}: ${rest}`;
  const drawn = (k: Kernels, epoch: number, first: number, count: number): number[] => {
    const rows = takeRows(k, { columns: smallTrain.nItems, indptr: smallTrain.indptr, indices: smallTrain.indices });
    const sampler = spec.create(k, smallTrain, rows, rows);
    const [out, users] = [k.ints(count), k.ints(count)];
    users.set(Int32Array.from(users, (_, at) => (first + at) % smallTrain.nUsers));
    sampler.draw(out, users, stream(3, 'contract'), epoch, first);
    const items = Array.from(out);
    sampler.close();
    k.free(out, users);
    return items;
  };
  return [
    { name: name('its declaration is complete'), run: () => samplerRegistry.add(spec) },
    {
      name: name('items that the user has are not sampled'),
      run: withKernels((k) => {
        for (const [at, item] of drawn(k, 1, 0, 200).entries()) {
          assert.ok(Number.isInteger(item) && item >= 0 && item < smallTrain.nItems, `${item} is not an item`);
          assert.ok(!has(smallTrain, at % smallTrain.nUsers, item), `sample ${at} is item ${item}, which the user has`);
        }
      }),
    },
    {
      name: name('a sample depends only on the epoch and its index'),
      run: withKernels((k) => {
        const all = drawn(k, 1, 0, 70);
        assert.deepEqual(
          [...drawn(k, 1, 0, 28), ...drawn(k, 1, 28, 42)],
          all,
          'two calls sample other items than one call',
        );
        assert.notDeepEqual(drawn(k, 2, 0, 70), all, 'another epoch has the same samples');
      }),
    },
  ];
}

/** @param options of the optimiser, in addition to a learning rate of 0.05 */
export function optimizerContract(spec: OptimizerSpec, options: { readonly l2?: number } = {}): ContractCase[] {
  const name = (rest: string) => `${spec.name}: ${rest}`;
  const o = { learningRate: 0.05, l2: 0, ...options };
  const parameter = (k: Kernels): Optimized => {
    const [values, gradient] = [k.floats(12), k.floats(12)];
    values.set(Float64Array.from(values, (_, at) => uniform(stream(1, 'contract'), 0, at) - 0.5));
    return { name: 'p', shape: [4, 3], values, gradient };
  };
  /** The gradient of half the squared distance to 1. */
  const pull = (p: Optimized) => p.gradient.set(Float64Array.from(p.values, (v) => v - 1));
  const distance = (p: Optimized) => Array.from(p.values).reduce((sum, v) => sum + (v - 1) ** 2, 0);
  return [
    { name: name('its declaration is complete'), run: () => optimizerRegistry.add(spec) },
    {
      name: name('it reduces a loss and clears the gradient'),
      run: withKernels((k) => {
        const p = parameter(k);
        const optimizer = spec.create(k, [p], o);
        const before = distance(p);
        for (let step = 0; step < 20; step++) {
          pull(p);
          optimizer.step();
          assert.ok(
            p.gradient.every((g) => g === 0),
            'the gradient is not cleared',
          );
        }
        assert.ok(distance(p) < before, `the distance was ${before} before and ${distance(p)} after`);
        assert.equal(optimizer.steps, 20);
        optimizer.close();
      }),
    },
    {
      name: name('it continues identically from its saved state'),
      run: withKernels((k) => {
        const [straight, first, second] = [parameter(k), parameter(k), parameter(k)];
        const steps = (p: Optimized, optimizer: { step(): void }, count: number) => {
          for (let step = 0; step < count; step++) {
            pull(p);
            optimizer.step();
          }
        };
        steps(straight, spec.create(k, [straight], o), 5);
        const before = spec.create(k, [first], o);
        steps(first, before, 2);
        const after = spec.create(k, [second], o);
        second.values.set(first.values);
        after.steps = before.steps;
        after.state.forEach(({ values }, at) => void values.set(before.state[at]!.values));
        steps(second, after, 3);
        assert.deepEqual(Array.from(second.values), Array.from(straight.values));
      }),
    },
    {
      name: name('rows without a gradient are only skipped if they would not change'),
      run: withKernels((k) => {
        const [all, some] = [parameter(k), { ...parameter(k), touched: createTouchedRows(k, 4) }];
        const [a, b] = [spec.create(k, [all], o), spec.create(k, [some], o)];
        for (let step = 0; step < 4; step++) {
          const row = step % 2;
          for (const p of [all, some]) for (let d = 0; d < 3; d++) p.gradient[row * 3 + d] = 0.3 + d;
          some.touched.mark(Int32Array.of(row));
          a.step();
          b.step();
        }
        assert.deepEqual(Array.from(some.values), Array.from(all.values));
      }),
    },
  ];
}

const space: SearchSpace = {
  rate: logRange(1e-5, 1),
  share: range(0, 1),
  layers: wholeRange(1, 8),
  form: oneOf('a', 'b', 'c', 'd'),
};

export function strategyContract(strategy: Strategy): ContractCase[] {
  const name = (rest: string) => `${strategy.name}: ${rest}`;
  return [
    { name: name('its declaration is complete'), run: () => strategyRegistry.add(strategy) },
    {
      name: name('it proposes points of the space, and the same ones for the same history'),
      run() {
        const key = stream(3, 'points');
        const finished: SearchPoint[] = [{ rate: 7, share: 0.5, layers: 20, form: 'elsewhere' }];
        for (let number = 1; number < 40; number++) {
          const point = strategy.propose({ space, finished, key, number });
          assert.deepEqual(point, strategy.propose({ space, finished: [...finished], key, number }));
          assert.deepEqual(Object.keys(point).sort(), Object.keys(space).sort());
          const [rate, share, layers] = [point.rate, point.share, point.layers].map(Number);
          assert.ok(rate! >= 1e-5 && rate! <= 1 && share! >= 0 && share! <= 1, JSON.stringify(point));
          assert.ok(Number.isInteger(layers) && layers! >= 1 && layers! <= 8, JSON.stringify(point));
          assert.ok(['a', 'b', 'c', 'd'].includes(String(point.form)), JSON.stringify(point));
          finished.push(point);
        }
      },
    },
  ];
}

/** @param kind weighs members with synthetic values on valid */
export function ensembleContract(kind: EnsembleKind): ContractCase[] {
  const name = (rest: string) => `${kind.name}: ${rest}`;
  /** Members that are worth more together, and the last one less than nothing. */
  const members = [0.3, 0.2, 0.25, 0.01].map((value, at) => ({ name: `m${at}`, value, parameters: 100 - at }));
  const value = async (weights: readonly number[]) => {
    const sum = weights.reduce((a, b) => a + b, 0);
    return 0.1 + weights.reduce((all, w, at) => all + (members[at]!.value - 0.1) * Math.sqrt(Math.max(w / sum, 0)), 0);
  };
  const weighed = async (of = members) => (await kind.weigh({ members: of, value })).weights;
  return [
    { name: name('its declaration is complete'), run: () => ensembleRegistry.add(kind) },
    {
      name: name('each member has a weight of at least 0, and one has more'),
      async run() {
        for (const of of [members, members.map((m) => ({ ...m, value: 0 }))]) {
          const weights = await weighed(of);
          assert.equal(weights.length, members.length);
          assert.ok(
            weights.every((w) => Number.isFinite(w) && w >= 0),
            weights.join(),
          );
          assert.ok(
            weights.some((w) => w > 0),
            weights.join(),
          );
        }
      },
    },
    {
      name: name('the same members have the same weights'),
      async run() {
        assert.deepEqual(await weighed(), await weighed());
      },
    },
  ];
}
