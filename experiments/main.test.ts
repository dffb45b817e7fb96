import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.js', import.meta.url));
const run = (...words: string[]) => spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });

test('without a name the pages are listed with what they need and took', () => {
  const { status, stdout } = run();
  assert.equal(status, 0);
  assert.match(stdout, /^citeulike-methods +\d+ h \d\d min +citeulike-hetcomp-split +Every method/m);
  assert.match(stdout, /^bd-published +- +citeulike-bd /m);
});

for (const [words, message] of [
  [['citeulike-method'], /no page called "citeulike-method"\nDid you mean "citeulike-methods"/],
  [['bd-kinds', '--part', 'cdae'], /no part of bd-kinds called "cdae"/],
  [['epochs', 'bd-cost'], /more than one page: epochs, bd-cost/],
  [['epochs', '--rounds', '0'], /"rounds" of experiments is 0; expected a whole number from 1/],
  [['epochs', '--threads', 'many'], /"threads" of experiments is many/],
  [['epochs', '--runz', 'a'], /'--runz'/],
] as const) {
  test(`${words.join(' ')} is refused`, () => {
    const { status, stderr } = run(...words);
    assert.equal(status, 2);
    assert.match(stderr, message);
  });
}
