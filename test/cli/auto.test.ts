import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const command = ['auto', 'synthetic:60x80x900', '--time-budget', '16s', '--at', '5,10', '--select-by', 'recall@10'];

test('auto says what it found, does the work, and ends with a table, a bundle and commands', {
  timeout: 180_000,
}, async () => {
  const made = await w.run(...command, '--keep', '90%');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stderr, /^synthetic: \d+ users, 80 items, .*density/m);
  assert.match(made.stderr, /^ +1 +simple models, searched .* yes$/m);
  assert.match(made.stderr, /^0\/ease: valid recall@10 0\.\d{4} /m);
  assert.doesNotMatch(made.stderr, /test recall/, 'test is not shown before the end');
  assert.match(made.stdout, /^chosen +\d\/\S+ +\d+ +0\.\d{4}/m);
  assert.match(made.stdout, /keeps \d+\.\d % of the ensemble on valid \(asked for: 90\.0 %\)/);
  assert.match(
    made.stdout,
    /^What to do next:\n.* recommend auto\/.*\/final .*\n.* serve auto\/.*\/final\n.* compare auto\/.* auto\//m,
  );
  const bundle = /^Bundle: (.*)$/m.exec(made.stdout)![1]!;
  assert.match(bundle, /\/final\/student$/);
  assert.match(
    made.stdout,
    /^The final fit of \d\/.*: trained again on all interactions.* not evaluated: the figures are those of \d\//m,
  );
  assert.ok(existsSync(w.path(bundle, 'student.safetensors')));
  assert.match(readFileSync(w.path('runs', 'auto', 'report.html'), 'utf8'), /<svg[\s\S]*bytes of the bundle/);

  const again = await w.json(
    ...command,
    '--keep',
    '90%',
    '--jobs',
    '2',
    '--threads',
    '2',
    '--name',
    'two',
    '--runs',
    'others',
  );
  assert.equal(again.code, 0, again.stderr);
  const written = JSON.parse(readFileSync(w.path('runs', 'auto', 'report.json'), 'utf8'));
  const values = ({ rows, frontier }: Record<string, unknown>) =>
    [rows, frontier].map((list) =>
      (list as Record<string, unknown>[]).map((r) => [r.name, r.valid, r.value, r.metrics]),
    );
  assert.deepEqual(values(again.value), values(written), 'processes change nothing');

  const next = await w.run('recommend', `auto/${written.chosen.name}`, '--items', 'i01,i02', '--k', '3');
  assert.equal(next.code, 0, next.stderr);
});

test('a limit that no model is within, and other limits without new work', { timeout: 180_000 }, async () => {
  const none = await w.run(...command, '--max-size', '10B');
  assert.equal(none.code, 2);
  assert.match(
    none.stderr,
    /error: no model has a bundle of at most 10 bytes: the smallest, \S+, has \d+\nhint: Raise --max-size/,
  );
  const dry = await w.run(...command, '--dry-run', '--name', 'dry');
  assert.match(dry.stdout, /within the budget\n-+\n +0 .* yes\n +1 .* yes\n +2 .* yes\n +3 .* no\n/);
  assert.ok(!existsSync(w.path('runs', 'dry')));
  const small = await w.run(
    'auto',
    'synthetic:60x80x900',
    '--time-budget',
    '1s',
    '--at',
    '5',
    '--select-by',
    'recall@5',
  );
  assert.equal(small.code, 2);
  assert.match(small.stderr, /too small: the first models take about \d+ s\nhint: Set --time-budget \d+s/);
});
