import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stream, uniform } from '../../../math/index.js';
import { logRange, oneOf, range, type SearchPoint, type SearchSpace, wholeRange } from '../../../options/index.js';
import { type Strategy, strategies, strategyOf } from './index.js';
import { choiceDensity, rangeDensity } from './parzen.js';

const space: SearchSpace = {
  rate: logRange(1e-5, 1),
  share: range(0, 1),
  layers: wholeRange(1, 8),
  form: oneOf('a', 'b', 'c', 'd'),
};

/** Least at rate 0.003, share 0.7, 3 layers, form c: 0. */
const loss = ({ rate, share, layers, form }: SearchPoint): number =>
  (Math.log10(Number(rate) / 0.003) / 2) ** 2 +
  4 * (Number(share) - 0.7) ** 2 +
  ((Number(layers) - 3) / 4) ** 2 +
  (form === 'c' ? 0 : 0.3);

/** The least loss after `trials` trials. */
function searched(strategy: Strategy, seed: number, trials: number): number {
  const key = stream(seed, 'toy');
  const points: SearchPoint[] = [];
  for (let number = 1; number <= trials; number++) {
    const finished = [...points].sort((a, b) => loss(a) - loss(b));
    points.push(strategy.propose({ space, finished, key, number }));
  }
  return Math.min(...points.map(loss));
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

test('on the median of seeds tpe comes closer to the minimum than random search with as many trials', () => {
  const seeds = Array.from({ length: 31 }, (_, seed) => seed);
  for (const [trials, share] of [
    [20, 0.8],
    [40, 0.5],
  ] as const) {
    const of = (name: string) => median(seeds.map((seed) => searched(strategyOf(name), seed, trials)));
    const [tpe, random] = [of('tpe'), of('random')];
    assert.ok(tpe < share * random, `${trials} trials: tpe ${tpe}, random ${random}`);
  }
});

for (const strategy of Object.values(strategies)) {
  test(`${strategy.name} proposes points of the space, the same for the same past`, () => {
    const key = stream(3, 'points');
    const finished: SearchPoint[] = [{ rate: 7, share: 0.5, layers: 20, form: 'elsewhere' }];
    for (let number = 1; number < 40; number++) {
      const point = strategy.propose({ space, finished, key, number });
      assert.deepEqual(point, strategy.propose({ space, finished: [...finished], key, number }));
      const { rate, share, layers, form } = point as { rate: number; share: number; layers: number; form: string };
      assert.ok(rate >= 1e-5 && rate <= 1 && share >= 0 && share <= 1);
      assert.ok(Number.isInteger(layers) && layers >= 1 && layers <= 8 && 'abcd'.includes(form));
      finished.push(point);
    }
    const other = strategy.propose({ space, finished, key: stream(4, 'points'), number: 40 });
    assert.notDeepEqual(strategy.propose({ space, finished, key, number: 40 }), other);
  });
}

test('a density over a range integrates to one and is high near the values', () => {
  const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  fc.assert(
    fc.property(values, (tried) => {
      const density = rangeDensity(range(0, 1), tried);
      const n = 4000;
      let sum = 0;
      for (let at = 0; at < n; at++) sum += Math.exp(density.logAt((at + 0.5) / n)) / n;
      assert.ok(Math.abs(sum - 1) < 1e-3, `${sum}`);
    }),
    { numRuns: 50 },
  );
  const near = rangeDensity(
    range(0, 1),
    Array.from({ length: 10 }, (_, n) => 0.2 + 0.005 * n),
  );
  assert.ok(near.logAt(0.22) > near.logAt(0.5) + 1);
});

test('samples of a density are distributed like it', () => {
  const key = stream(1, 'draws');
  let at = 0;
  const draw = () => uniform(key, 0, at++);
  const density = rangeDensity(range(0, 1), [0.1, 0.15, 0.8]);
  const n = 4000;
  const drawn = Array.from({ length: n }, () => density.sample(draw) as number);
  for (const edge of [0.1, 0.3, 0.7, 0.9]) {
    let expected = 0;
    for (let x = 0.0005; x < edge; x += 0.001) expected += Math.exp(density.logAt(x)) * 0.001;
    const share = drawn.filter((v) => v < edge).length / n;
    assert.ok(Math.abs(share - expected) < 0.04, `below ${edge}: ${share}, expected ${expected}`);
  }
  const choices = choiceDensity(oneOf('x', 'y', 'z'), ['x', 'x', 'elsewhere']);
  const shares = ['x', 'y', 'z'].map((v) => Math.exp(choices.logAt(v)));
  assert.deepEqual(
    shares.map((s) => Math.round(s * 1000)),
    [600, 200, 200],
  );
  const words = Array.from({ length: n }, () => choices.sample(draw));
  assert.ok(Math.abs(words.filter((w) => w === 'x').length / n - 0.6) < 0.04);
});
