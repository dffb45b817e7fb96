import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOCUMENT, JsonProblem, parseJson } from './bounded-json.js';

const is = (problem: RegExp, tooLarge: boolean) => (error: unknown) =>
  error instanceof JsonProblem && problem.test(error.message) && error.tooLarge === tooLarge;

test('JSON is read as by JSON.parse', () => {
  for (const text of [
    '{"a":[1,2.5,-3e4,true,false,null],"b":{"c":"d"}}',
    '[]',
    '"\\\\"',
    '"\\"{[,:"',
    '["a\\\\\\"",":",{"":{"":""}}]',
    ' 1 ',
    '[{"a":1},{"a":2},["a","a"]]',
  ])
    assert.deepEqual(parseJson(new TextEncoder().encode(text)), JSON.parse(text), text);
});

test('limits are named, with the place', () => {
  assert.throws(() => parseJson('['.repeat(1e6)), is(/deeper than 100 levels \(line 1, column 101\)/, true));
  assert.throws(
    () => parseJson(`[\n${'{"a":'.repeat(200)}`),
    is(/deeper than 100 levels \(line 2, column \d+\)/, true),
  );
  const few = { ...DOCUMENT, values: 10 };
  assert.throws(() => parseJson(`[${'1,'.repeat(20)}1]`, few), is(/more than 10 values \(line 1, column 19\)/, true));
  assert.throws(() => parseJson('[[],[],[],[],[],[],[]]', few), is(/more than 10 values/, true));
  assert.throws(() => parseJson('"12345"', { ...DOCUMENT, bytes: 6 }), is(/has 7 bytes; at most 6/, true));
  parseJson(`${'['.repeat(100)}${']'.repeat(100)}`);
});

test('text that is not JSON: with line and column where the engine says it', () => {
  assert.throws(() => parseJson('{"a": 1,\n "b" 2}'), is(/^it is not JSON \(line 2, column 6\)$/, false));
  for (const text of ['', '{', '"', '"\\', '{"a":1}\0\0', 'NaN', '[1,]', ']]]]', '{"a" 1}'])
    assert.throws(() => parseJson(text), is(/^it is not JSON/, false), text);
  assert.throws(() => parseJson(new Uint8Array([0x22, 0xff, 0x22])), is(/not UTF-8/, false));
});

test('a number out of range is refused, because it would become an infinity', () => {
  for (const text of ['{"a":\n1e999}', '[\n-1e400]', `\n  ${'9'.repeat(400)}`])
    assert.throws(() => parseJson(text), is(/the number \d.* is out of range \(line 2, column \d\)/, false), text);
  assert.deepEqual(parseJson('[1e308,-1E+3,0.5e-400,"1e999",12]'), [1e308, -1000, 0, '1e999', 12]);
});

test('a key that occurs twice in an object is refused: one value would be lost', () => {
  assert.throws(() => parseJson('{"a":1,\n"b":{"a":1},"a":2}'), is(/the key "a" twice \(line 2, column 13\)/, false));
  assert.throws(() => parseJson('{"a":{"b":1,"b":1}}'), is(/the key "b" twice/, false));
});
