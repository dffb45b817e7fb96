/** Every command that makes runs or reads them in shards, over a queue: each answers as without it, and leaves the same files. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { firstDifference } from './crash/tree.js';
import { program, type Started, until } from './queue/processes.js';
import { hasRedis, PASSWORD, startRedis, type TestRedis } from './queue/redis.js';
import { lastingTree } from './queue.js';

const skip = hasRedis() ? false : 'redis-server is not installed (apt-get install redis-server)';
const place = mkdtempSync(join(tmpdir(), 'recdistill-queue-commands-'));
const [here, store] = [join(place, 'here'), join(place, 'store')];
const root = fileURLToPath(new URL('../..', import.meta.url));
let redis: TestRedis;

before(async () => {
  if (!skip) redis = await startRedis();
});
after(async () => {
  await redis?.stop();
  rmSync(place, { recursive: true, force: true, maxRetries: 5 });
});

function start(t: TestContext, words: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const started = program(words, { RECDISTILL_QUEUE: redis.url, ...env });
  t.after(() => {
    started.all('SIGKILL');
    assert.ok(!(started.text() + started.output()).includes(PASSWORD), 'a password is shown');
  });
  return started;
}

const quick = ['--dim', '4', '--epochs', '3'];
const data = ['--data', 'synthetic:100x80x1500'];
/** In this order: later commands read the runs of earlier ones. */
const commands: readonly (readonly string[])[] = [
  ['train', 'bpr-mf', ...data, ...quick],
  ['train', 'ease', 'ials', ...data, ...quick],
  ['train', 'ials', ...data, ...quick, '--shards', '3', '--name', 'sharded'],
  ['distill', '--teachers', 'bpr-mf,ials', ...quick],
  ['distill', '--teachers', 'ials,ease', '--ensemble', 'greedy', '--method', 'rrd', ...quick],
  ['distill', '--method', 'bd', '--teachers', 'bpr-mf', '--dim', '3', '--epochs', '2', '--name', 'pair'],
  ['tune', 'ease', 'item-knn', ...data, '--trials', '2'],
  ['tune', 'bpr-mf', '--method', 'rrd', '--teachers', 'bpr-mf', ...quick, '--trials', '2'],
  ['evaluate', 'bpr-mf', 'ease', '--shards', '3'],
  ['recommend', 'bpr-mf-hetcomp', '--all', '--k', '5', '--shards', '3', '--format', 'jsonl'],
];

/** An answer without times and folders. */
const plain = (text: string): string =>
  text
    .replaceAll(here, 'RUNS')
    .replaceAll(store, 'RUNS')
    .replace(/\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s|min)\b/g, 'TIME')
    .replace(/ {2,}|-{3,}/g, ' ');

test('answers and files are those of one process', { skip, timeout: 300_000 }, async (t) => {
  const worker = start(t, ['worker', '--store', store, '--threads', '1']);
  const done = () => worker.text().match(/ is done$/gm)?.length ?? 0;
  const out = (words: readonly string[], folder: string) =>
    words.includes('--all') ? ['--out', join(folder, 'lists')] : [];
  /** The answers of all commands, one after the other. */
  const answers = async (folder: string, more: readonly string[], check = (_: string) => {}): Promise<string[]> => {
    const all: string[] = [];
    for (const words of commands) {
      const command = start(t, [...words, ...more, ...out(words, folder)]);
      assert.equal(await command.ended, 0, `${words.join(' ')}: ${command.text()}`);
      all.push(plain(command.output()));
      check(words.join(' '));
    }
    return all;
  };
  let before = 0;
  const [inline, queued] = await Promise.all([
    answers(here, ['--runs', here, '--threads', '1']),
    answers(store, ['--store', store, '--queue', 'env'], (what) => {
      assert.ok(done() > before, `${what}: no worker did it`);
      before = done();
    }),
  ]);
  for (const [at, words] of commands.entries()) assert.equal(queued[at], inline[at], words.join(' '));
  assert.equal(firstDifference(lastingTree(here), lastingTree(store)), undefined);
  const again = start(t, [...commands[0]!, '--store', store, '--queue', 'env']);
  assert.equal(await again.ended, 0, again.text());
  assert.match(again.output(), /bpr-mf was already finished/);
});

test('a unit of the user: only a worker with a module of the same content takes the job', {
  skip,
  timeout: 120_000,
}, async (t) => {
  mkdirSync(join(place, 'node_modules'));
  symlinkSync(root, join(place, 'node_modules', 'recdistill'));
  const [planned, other] = ['planned.mjs', 'other.mjs'].map((name) => join(place, name)) as [string, string];
  for (const path of [planned, other]) cpSync(join(root, 'examples', 'own-model', 'slim.mjs'), path);
  const own = join(place, 'own-unit');
  const plan = start(t, ['train', 'slim', ...data, '--use', planned, '--store', own, '--queue', 'env']);
  await until('its job waits', () => /no worker/i.test(plan.text()));
  rmSync(planned);
  const without = start(t, ['worker', '--store', own, '--threads', '1']);
  await until('the worker says so', () => /no module like .*planned\.mjs/.test(without.text()));
  await until('the plan says so', () => /No worker can take slim.*\n.*no module like .*planned\.mjs/.test(plan.text()));
  start(t, ['worker', '--store', own, '--threads', '1', '--use', other]);
  assert.equal(await plan.ended, 0, plan.text());
});

test('a run outside of the store, shards that are not there and a continued student are refused', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const queued = ['--queue', 'env', '--store', join(place, 'other')];
  for (const [words, expected] of [
    [['distill', '--teachers', join(store, 'bpr-mf'), ...quick, ...queued], /bpr-mf, which is outside of .*other/],
    [['evaluate', 'bpr-mf', '--queue', 'env', '--store', store], /--queue gives shards to workers/],
    [
      ['distill', '--method', 'none', ...data, '--continue', join(store, 'bpr-mf'), ...quick, ...queued],
      /cannot continue from a student/,
    ],
    [['train', 'ease', ...data, '--name', 'parts/mine'], /does not begin with the folder "parts"/],
    [['import', join(place, 'data.csv')], /does not begin with the folder "data"/],
  ] as const) {
    const command = start(t, words);
    assert.equal(await command.ended, 2, command.text());
    assert.match(command.text(), expected);
  }
});

test('a worker in a copy of the store ends, with the reason', { skip, timeout: 120_000 }, async (t) => {
  const [mine, copy] = [join(place, 'mine'), join(place, 'copy')];
  // A job that is at work until the worker ends, however late the plan looks.
  const long = ['--epochs', '10000', '--patience', '10000'];
  const plan = start(t, ['train', 'bpr-mf', ...data, ...long, '--store', mine, '--queue', 'env']);
  await until('its job waits', () => /no worker/i.test(plan.text()));
  cpSync(mine, copy, { recursive: true });
  const worker = start(t, ['worker', '--store', copy, '--threads', '1']);
  assert.equal(await worker.ended, 1);
  assert.match(worker.text(), /copy is a copy of the store of the plan bpr-mf: .*delete .*copy\/\.recdistill-store/s);
  assert.doesNotMatch(worker.text(), /is done/);
  await until('the plan says so', () => /copy is a copy of .*mine, not the same folder/.test(plan.text()));
});
