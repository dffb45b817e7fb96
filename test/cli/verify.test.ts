import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

test('verify prints a line for each thing, and its exit code is 1 if one is damaged', { timeout: 60_000 }, async () => {
  const made = await w.run('train', 'top-pop', '--data', 'synthetic:60x60x600', '--name', 'pop');
  assert.equal(made.code, 0, made.stderr);
  const whole = await w.run('verify', 'pop');
  assert.equal(whole.code, 0, whole.stderr);
  assert.match(whole.stdout, /^whole +runs.pop +run of top-pop .*\n\n1 whole, 0 unfinished, 0 damaged$/m);
  const path = w.path('runs', 'pop', 'result.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"recall@10": 0.', '"recall@10": 1.'));
  const damaged = await w.json('verify', 'runs');
  assert.equal(damaged.code, 1);
  const [found] = damaged.value.found as [{ state: string; problems: string[] }];
  assert.equal(found.state, 'damaged');
  assert.match(found.problems.join(), /result\.json is damaged: its content does not match its SHA-256/);
  // The readers notice it, too.
  const refused = await w.run('evaluate', 'pop');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /result\.json is damaged/);
  assert.match((await w.run('verify', 'nothing')).stderr, /there is no run called "nothing"/);
});
