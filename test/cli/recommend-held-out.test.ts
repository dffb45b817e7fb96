/** `recdistill recommend` for a user whom the split `users` held out. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { readBundle } from 'recdistill/bundle';
import { createWorkshop } from './program.js';

const shop = createWorkshop();
after(() => shop.remove());

test('a held-out user is told from one that the data does not have', { timeout: 120_000 }, async () => {
  const users = Array.from({ length: 30 }, (_, n) => `c${n}`);
  const rows = users.flatMap((user, n) => Array.from({ length: 8 }, (_, k) => `${user},i${(n + k * k) % 20}`));
  writeFileSync(shop.path('clicks.csv'), `user,item\n${rows.join('\n')}\n`);
  const words = [
    '--data',
    'clicks.csv',
    '--split',
    'users',
    '--dim',
    '3',
    '--epochs',
    '2',
    '--at',
    '5',
    '--select-by',
    'recall@5',
  ];
  const trained = await shop.run('train', 'ials', ...words, '--name', 'some');
  assert.equal(trained.code, 0, trained.stderr);
  const known = new Set((await readBundle(shop.path('runs', 'some', 'student'))).model.userIds);
  const held = users.find((user) => !known.has(user))!;
  const ask = async (user: string) => {
    const { code, value } = await shop.json('recommend', 'some', '--user', user);
    return { ...(value.error as { code: string; message: string; hint: string }), exit: code };
  };
  const refused = await ask(held);
  assert.deepEqual([refused.exit, refused.code], [1, 'unknown-user']);
  assert.match(refused.message, new RegExp(`"${held}" was held out in training \\(split users\\)`));
  assert.match(refused.hint, /--items id,id/);
  const typo = await ask('c300');
  assert.match(typo.message, /the student has no user "c300"$/);
  renameSync(shop.path('clicks.csv'), shop.path('moved.csv'));
  assert.match((await ask(held)).message, /held users out in training .* its data cannot be read/);
});
