import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

test('the order of keys has no effect, and no value is lost', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value);
      assert.equal(canonicalJson(JSON.parse(text)), text);
      assert.equal(canonicalJson(reversed(value)), text);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('the JSON text is fixed, because hashes of older runs depend on it', () => {
  assert.equal(
    canonicalJson({ b: [1, 1e21, 0.1, -0, null, true], a: { é: '"\n\u2028', Z: undefined }, '10': 1, '9': 2 }),
    '{"10":1,"9":2,"a":{"é":"\\"\\n\u2028"},"b":[1,1e+21,0.1,0,null,true]}',
  );
});

test('values that JSON cannot represent are refused with their path', () => {
  const refused: [unknown, RegExp][] = [
    [{ a: [1, Number.NaN] }, /a\[1\] is NaN/],
    [{ best: Number.NEGATIVE_INFINITY }, /best is -Infinity/],
    [[undefined], /\[0\] is undefined/],
    [{ f: () => 1 }, /f is /],
    [{ m: { x: new Float32Array(1) } }, /m\.x is a Float32Array/],
    [new Map(), /the value is a Map/],
    [10n, /the value is 10/],
  ];
  for (const [value, message] of refused) assert.throws(() => canonicalJson(value), { name: 'TypeError', message });
  let deep: unknown = 0;
  for (let k = 0; k < 200_000; k++) deep = [deep];
  assert.throws(() => canonicalJson(deep), /nested deeper than 100/);
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reversed(v)]),
  );
}
