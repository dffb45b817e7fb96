import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../errors.js';
import { stream } from '../math/random.js';
import { choice, float, int, options } from './options.js';
import {
  checkSpace,
  type Dimension,
  fromUnit,
  logRange,
  oneOf,
  pointProblem,
  type Range,
  randomPoint,
  range,
  toUnit,
  wholeRange,
} from './search.js';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ranges: fc.Arbitrary<Range> = fc
  .record({
    low: fc.double({ min: 1e-6, max: 1e4, noNaN: true }),
    factor: fc.double({ min: 1, max: 1e4, noNaN: true }),
    scale: fc.constantFrom('log' as const, 'linear' as const),
    whole: fc.boolean(),
  })
  .map(({ low, factor, scale, whole }) => {
    const [from, to] = whole ? [Math.ceil(low), Math.ceil(low * factor)] : [low, low * factor];
    return range(from, to, { scale, whole });
  });

test('search ranges: values are in range and whole if required, and map back to the same position', () => {
  fc.assert(
    fc.property(ranges, unit, (r, u) => {
      const value = fromUnit(r, u) as number;
      assert.ok(value >= r.low && value <= r.high);
      if (r.whole) assert.ok(Number.isInteger(value));
      const back = toUnit(r, value);
      assert.ok(back >= 0 && back <= 1);
      if (r.whole) assert.equal(fromUnit(r, back), value);
      else if (r.high > r.low * 1.1) assert.ok(Math.abs(back - u) < 0.01, `${u} came back as ${back}`);
    }),
  );
});

test('a linear range is level, a logarithmic one level in ratios, whole numbers and choices have equal shares', () => {
  const share = (d: Dimension, of: (v: number) => boolean) => {
    const n = 1000;
    return Array.from({ length: n }, (_, i) => fromUnit(d, (i + 0.5) / n) as number).filter(of).length / n;
  };
  assert.equal(
    share(range(0, 10), (v) => v < 2.5),
    0.25,
  );
  assert.equal(
    share(logRange(0.01, 100), (v) => v < 1),
    0.5,
  );
  assert.equal(
    share(wholeRange(1, 4), (v) => v === 4),
    0.25,
  );
  assert.equal(
    share(wholeRange(1, 4), (v) => v === 1),
    0.25,
  );
  assert.equal(
    share(oneOf(32, 64, 128, 256), (v) => v === 256),
    0.25,
  );
});

test('search ranges: values are short enough to type, and values outside the range have a position', () => {
  assert.equal(fromUnit(logRange(0.0005, 0.02), 0.5), 0.003162);
  assert.equal(toUnit(logRange(0.001, 1), 0), 0);
  assert.equal(toUnit(logRange(0.001, 1), 5), 1);
  assert.equal(toUnit(range(3, 3), 3), 0.5);
});

test('a random point depends only on its number and the key', () => {
  const space = { a: range(0, 1), b: logRange(1, 10), c: oneOf('x', 'y') };
  const key = stream(7, 'search');
  assert.deepEqual(randomPoint(space, key, 5), randomPoint(space, key, 5));
  assert.notDeepEqual(randomPoint(space, key, 5), randomPoint(space, key, 6));
  assert.notDeepEqual(randomPoint(space, key, 5), randomPoint(space, stream(8, 'search'), 5));
  assert.deepEqual(Object.keys(randomPoint(space, key, 5)), ['a', 'b', 'c']);
});

test('a space that the options do not accept is refused by name', () => {
  const schema = options({
    rate: float({ default: 1, above: 0, max: 10, help: 'Rate.' }),
    dim: int({ default: 8, min: 1, max: 64, help: 'Numbers.' }),
    optimizer: choice(['adam', 'sgd'], { default: 'adam', help: 'Which.' }),
  });
  const good = { rate: logRange(0.1, 10), dim: wholeRange(1, 64), optimizer: oneOf('adam', 'sgd') };
  checkSpace(good, schema, 'toy');
  const bad: [string, Dimension, RegExp][] = [
    ['rat', range(1, 2), /rat: there is no such option/],
    ['rate', oneOf(), /no choices/],
    ['rate', range(2, 1), /from 2 to 1/],
    ['rate', logRange(0, 1), /starts at 0 on a logarithmic scale/],
    ['rate', range(0, 1), /it contains 0; expected a number > 0/],
    ['rate', range(1, 20), /it contains 20/],
    ['rate', range(Number.NaN, 1), /not finite numbers/],
    ['dim', range(1, 8), /expected a whole number/],
    ['dim', range(1.5, 8, { whole: true }), /bounds 1.5 and 8 are not whole numbers/],
    ['optimizer', oneOf('adam', 'lion'), /it contains lion; expected one of adam \| sgd/],
  ];
  for (const [name, dimension, message] of bad) {
    assert.throws(
      () => checkSpace({ [name]: dimension }, schema, 'toy'),
      (e) => e instanceof RecdistillError && e.code === 'bad-space' && message.test(e.message),
      `${name} ${JSON.stringify(dimension)}`,
    );
  }
});

test('a point of a space has all of its options, within their ranges, and no others', () => {
  const space = { dim: wholeRange(1, 8), optimizer: oneOf('adam', 'sgd') };
  assert.equal(pointProblem(space, { dim: 8, optimizer: 'sgd' }), undefined);
  for (const [given, message] of [
    [undefined, /returned nothing; expected options/],
    [{ dim: 9, optimizer: 'sgd' }, /"dim" is 9; expected 1 to 8, a whole number/],
    [{ dim: 1.5, optimizer: 'sgd' }, /"dim" is 1.5/],
    [{ dim: 1 }, /"optimizer" is missing; expected one of adam, sgd/],
    [{ dim: 1, optimizer: 'sgd', l2: 1 }, /"l2", which is not in the search space/],
  ] as const)
    assert.match(pointProblem(space, given) ?? '', message);
});
