/** Units of a user's own that fail in the middle of a command: what is said, and whether the run goes on afterwards. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createWorkshop, main } from './program.js';

const w = createWorkshop();
after(w.remove);

const toolkit = pathToFileURL(join(main, '..', '..', 'toolkit', 'index.js')).href;
/** A model whose scores are the item ids. @param inside what scoreRows does first, in the third line of the file */
const model = (inside: string): void =>
  writeFileSync(
    w.path('mine.mjs'),
    `import * as kit from '${toolkit}';
const scoreRows = (nItems) => (users, out) => {
  ${inside}
  out.forEach((_, at) => { out[at] = at % nItems; });
};
export const mine = kit.computedModel({
  name: 'mine', summary: 'By id', source: 'none', options: kit.options({}), search: {}, capabilities: [], memory: () => 0,
  create: async ({ train: { nUsers, nItems } }) =>
    ({ name: 'mine', nUsers, nItems, parameters: [], size: 0, close() {}, scoreRows: scoreRows(nItems) }),
});
`,
  );
const TRAIN = ['train', 'mine', '--use', 'mine.mjs', '--data', 'synthetic:60x80x900'];

async function fails(message: RegExp, code: number, ...words: string[]): Promise<void> {
  const ended = await w.run(...words);
  assert.equal(ended.code, code, ended.stderr);
  assert.match(ended.stderr, message);
  assert.doesNotMatch(ended.stderr, /internal error|\n\s+at /);
}

test('an error in a unit names it, its file, function and line; mended, the same command finishes', async () => {
  model("throw new TypeError('boo');");
  await fails(
    /^error: the model "mine" of \S*mine\.mjs breaks its contract: scoreRows threw TypeError: boo \(line 3\)/m,
    2,
    ...TRAIN,
  );
  model('');
  const { code, stderr } = await w.run(...TRAIN);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /has changed/, 'nothing was stored of the earlier code');
  model('// other code');
  const again = await w.run(...TRAIN);
  assert.match(again.stderr, /mine\.mjs has changed since this run began; its result is that of the earlier code/);
});

test('a unit that ends the process, waits for ever or forgets a promise is not taken for a success', async () => {
  model('process.exit(0);');
  await fails(
    /ended before the command was done: process\.exit was called\nhint: .*mine\.mjs/,
    1,
    ...TRAIN,
    '--name',
    'ends',
  );
  model("Promise.reject(new Error('forgotten'));");
  await fails(
    /ended before the command was done: \S*mine\.mjs threw Error: forgotten/,
    1,
    ...TRAIN,
    '--name',
    'forgets',
  );
  writeFileSync(w.path('waits.mjs'), 'await new Promise(() => {});');
  await fails(
    /waits for a promise that is never settled\nhint: .*waits\.mjs/,
    1,
    'train',
    'mine',
    '--use',
    'waits.mjs',
  );
});

test('the place of a module in a plan is named, and names of plans stay below the runs folder', async () => {
  const plan = (text: string) => writeFileSync(w.path('plan.yaml'), `${text}\nteachers: [{ model: ease }]\n`);
  const run = ['run', 'plan.yaml', '--runs', join('deep', 'runs')];
  plan('name: p\nuse: [./none.mjs]');
  await fails(/plan\.yaml, line 2, column 1: .*there is no \S*none\.mjs/, 2, ...run);
  writeFileSync(w.path('half.mjs'), "export const x = { unit: 'model', name: 'half' };");
  plan('name: p\nuse: [half.mjs]');
  await fails(/plan\.yaml, line 2, column 7: the model "half" of \S*half\.mjs .*"summary" is missing/, 2, ...run);
  plan("name: ../../p\ndata: { data: 'synthetic:60x80x900' }");
  await fails(/plan\.yaml, line 1, column 1: option "name" of plan is "\.\.\/\.\.\/p"/, 2, ...run);
  await fails(/^error: option "--jobs" of jobs is 0/m, 2, ...run, '--jobs', '0');
  assert.ok(!existsSync(w.path('deep')) && !existsSync(w.path('p')));
});
