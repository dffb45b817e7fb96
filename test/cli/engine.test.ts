/** Plans as commands: several processes, kills, a look before, runs that another plan has made. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop, lastingFiles } from './program.js';

const w = createWorkshop();
after(w.remove);

const quick = 'dim: 8, evaluateEvery: 1, patience: 1000, batchSize: 256';
const plan = (name: string, epochs: number, more = '') => `name: ${name}
data: { data: 'synthetic:200x150x4000' }
evaluation: { at: [5, 10], selectBy: recall@10 }
teachers: [{ model: bpr-mf, epochs: ${epochs}, ${quick} }, { model: lightgcn, epochs: ${epochs}, ${quick} }]
students:
  - { model: bpr-mf, dim: 3, epochs: 6, evaluateEvery: 2, period: 2, name: student }
${more}`;

interface Planned {
  readonly jobs: readonly { name: string; state: string; from?: string; epoch?: number; hash?: string }[];
  readonly total: Record<string, number>;
}

test('after a kill with two concurrent jobs the same command resumes to the same bytes', {
  timeout: 240_000,
}, async () => {
  writeFileSync(w.path('plan.yaml'), plan('plan', 150));
  const look = await w.json('run', 'plan.yaml', '--dry-run');
  assert.equal(look.code, 0, look.stderr);
  assert.ok(!existsSync(w.path('runs')), 'a look writes nothing');
  const words = ['run', 'plan.yaml', '--jobs', '2', '--threads', '2'];
  const { child, ended, seen } = w.start(...words);
  await seen(/bpr-mf: epoch \d+ of 150/, 2);
  await seen(/lightgcn: epoch \d+ of 150/, 2);
  child.kill('SIGKILL');
  await ended;
  const locks = ['bpr-mf', 'lightgcn'].map((name) => w.path('runs', 'plan', name, 'lock'));
  while (locks.some((lock) => existsSync(lock))) await new Promise((resolve) => setImmediate(resolve));
  const between = (await w.json('run', 'plan.yaml', '--dry-run')).value as unknown as Planned;
  const states = between.jobs.slice(0, 2);
  assert.ok(states.some((job) => job.state === 'begun' && job.epoch! > 0));
  assert.ok(states.every((job) => job.state !== 'new'));
  const second = await w.run(...words);
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stderr, /continuing after epoch [1-9]/);
  const straight = await w.run('run', 'plan.yaml', '--runs', 'straight');
  assert.equal(straight.code, 0, straight.stderr);
  for (const name of ['bpr-mf', 'lightgcn', 'student'])
    assert.deepEqual(lastingFiles(w.path('runs', 'plan', name)), lastingFiles(w.path('straight', 'plan', name)), name);
  const done = await w.run('run', 'plan.yaml', '--dry-run');
  assert.match(done.stdout, /7 jobs: 6 finished, 1 to do/);
});

test('another plan reuses the teachers, commands find them under its name, and a missing run is reported', {
  timeout: 120_000,
}, async () => {
  writeFileSync(
    w.path('other.yaml'),
    plan('other', 150, '  - { model: bpr-mf, method: none, dim: 3, epochs: 2, name: alone }'),
  );
  const look = await w.run('run', 'other.yaml', '--dry-run');
  assert.match(look.stdout, /^bpr-mf +train +bpr-mf +finished as plan\/bpr-mf/m);
  const { code, stderr } = await w.run('run', 'other.yaml');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^bpr-mf: test recall@10 .*\(already finished as plan\/bpr-mf\)$/m);
  assert.doesNotMatch(stderr, /epoch \d+ of 150/);
  assert.deepEqual(readdirSync(w.path('runs', 'other', 'lightgcn')), ['link.json']);
  const compared = await w.json('compare', 'other');
  assert.equal(compared.code, 0, compared.stderr);
  const recommended = await w.run('recommend', 'other/student', '--user', 'u002');
  assert.equal(recommended.code, 0, recommended.stderr);
  rmSync(w.path('runs', 'plan', 'lightgcn'), { recursive: true });
  const lost = await w.run('compare', 'other/lightgcn', 'other/alone');
  assert.equal(lost.code, 2);
  assert.match(lost.stderr, /other.lightgcn is a link to the run .*plan.lightgcn, which no longer exists/);
});

test('two commands that make the same run: one waits for the other', { timeout: 120_000 }, async () => {
  writeFileSync(w.path('twice.yaml'), plan('twice', 120));
  const first = w.start('run', 'twice.yaml', '--runs', 'shared');
  await first.seen(/bpr-mf: epoch \d+ of 120/);
  const second = await w.run('run', 'twice.yaml', '--runs', 'shared');
  const { code, stderr } = await first.ended;
  assert.equal(code, 0, stderr);
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stderr, /waiting for process \d+, which has been making this run since /);
});

test('a failed job does not stop the others, and the table shows the failure', { timeout: 60_000 }, async () => {
  const wild = '{ model: bpr-mf, name: wild, optimizer: sgd, learningRate: 100, l2: 100, epochs: 9 }';
  const text = plan('failing', 2).replace(
    'teachers: [',
    `baselines: [${wild}]\nteachers: [${wild.replace('wild', 'bad, seed: 1')}, `,
  );
  writeFileSync(w.path('failing.yaml'), text);
  const { code, stdout, stderr } = await w.run('run', 'failing.yaml');
  assert.equal(code, 1, stderr);
  assert.match(stdout, /^teacher +lightgcn/m);
  assert.match(stdout, /^wild +failed: diverged$/m);
  assert.match(stdout, /^student +skipped: bad failed$/m);
  assert.match(stdout, /wild failed: bpr-mf diverged.*\n {2}Lower learningRate/);
  const { value } = await w.json('run', 'failing.yaml');
  assert.deepEqual(
    (value.failed as { job: string; code: string }[]).map(({ job, code }) => [job, code]),
    [
      ['wild', 'diverged'],
      ['bad', 'diverged'],
    ],
  );
});

test('circles, names that are there twice and unknown teachers are shown with their place', {
  timeout: 60_000,
}, async () => {
  const student = (name: string, teacher: string) => `  - { model: bpr-mf, name: ${name}, teachers: [${teacher}] }`;
  const refuses = async (lines: string, message: RegExp) => {
    writeFileSync(w.path('wrong.yaml'), plan('wrong', 2, lines));
    const { code, stderr } = await w.run('run', 'wrong.yaml');
    assert.equal(code, 2);
    assert.match(stderr, message);
  };
  await refuses(
    `${student('a', 'b')}\n${student('b', 'a')}`,
    /wrong\.yaml, line 7, column 41: jobs learn from each other in a circle: a -> b -> a/,
  );
  await refuses(student('student', 'bpr-mf'), /wrong\.yaml, line 7, column 5: two jobs are called "student"/);
  await refuses(student('a', 'brp-mf'), /wrong\.yaml, line 7, column 42: there is no teacher .*called "brp-mf"/);
  await refuses('unknown: 3', /wrong\.yaml, line 7, column 1: unknown option "unknown"/);
  assert.ok(!existsSync(w.path('runs', 'wrong')));
});

test('a look at a study with a search, at a search, at a single model', { timeout: 60_000 }, async () => {
  writeFileSync(
    w.path('study.yaml'),
    `${plan('looked', 2).replace(/students:[\s\S]*/, '')}student: { model: bpr-mf, dim: 2, epochs: 2 }
entries: [{ method: none }, { method: hetcomp, period: 1 }]
seeds: [0, 1]
tune: { trials: 2 }
`,
  );
  const study = await w.run('study', 'study.yaml', '--dry-run');
  assert.equal(study.code, 0, study.stderr);
  assert.match(study.stdout, /^tune\/hetcomp +search +bpr-mf with hetcomp +seed0\/bpr-mf, seed0\/lightgcn +new/m);
  assert.match(study.stdout, /^seed1\/hetcomp +train .*new; the search chooses its options/m);
  assert.ok(!existsSync(w.path('runs', 'looked')));
  // Of two searches one is finished: its entry has the options that were found, and is not mistaken for a run with the defaults.
  const two = await w.run('study', 'study.yaml');
  assert.equal(two.code, 0, two.stderr);
  rmSync(w.path('runs', 'looked', 'tune', 'hetcomp'), { recursive: true });
  const half = await w.run('study', 'study.yaml', '--dry-run');
  assert.match(half.stdout, /^tune\/hetcomp +.* new /m);
  assert.match(half.stdout, /^seed0\/none +train +bpr-mf +finished /m);
  assert.match(half.stdout, /^seed0\/hetcomp +train .*new; the search chooses its options/m);
  // Another student: the reasons are below the table.
  writeFileSync(w.path('study.yaml'), readFileSync(w.path('study.yaml'), 'utf8').replace('dim: 2,', 'dim: 3,'));
  const other = await w.run('study', 'study.yaml', '--dry-run');
  assert.match(other.stdout, /^tune\/none +search +bpr-mf +cannot run /m);
  assert.match(other.stdout, /^tune\/none cannot run: .* different options: options\.dim was 2, now it is 3\.$/m);
  assert.match(other.stdout, /^Give the plan another name, or replace these runs with --overwrite\.$/m);
  const data = ['--data', 'synthetic:200x150x4000', '--at', '5,10', '--select-by', 'recall@10'];
  const search = await w.json('tune', 'ease', 'bpr-mf', ...data, '--dry-run');
  assert.deepEqual(
    (search.value as unknown as Planned).jobs.map((job) => [job.name, job.state]),
    [
      ['ease', 'new'],
      ['bpr-mf', 'new'],
    ],
  );
  const train = await w.json('train', 'ease', ...data, '--name', 'mine', '--dry-run');
  const { jobs, total } = train.value as unknown as Planned;
  assert.deepEqual([jobs.length, jobs[0]!.name, total.toDo], [1, 'mine', 1]);
  assert.equal((await w.run('train', 'ease', ...data, '--name', 'mine')).code, 0);
  const { hash } = JSON.parse(readFileSync(w.path('runs', 'mine', 'manifest.json'), 'utf8')) as { hash: string };
  assert.equal(jobs[0]!.hash, hash);
});
