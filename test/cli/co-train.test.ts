import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:200x150x4000'];
const SHORT = ['--epochs', '6', '--evaluate-every', '3'];
const JOINT = ['distill', '--method', 'bd', '--teachers', 'big'];
const FROM_SMALL = [...JOINT, '--start', 'small', ...SHORT, '--update', '3', '--name', 'pair'];

interface Side {
  readonly reused: boolean;
  readonly before: { readonly name: string; readonly metrics: Record<string, number> };
  readonly result: { readonly metrics: Record<string, number>; readonly options: Record<string, unknown> };
}

test('a joint training makes two better runs of two, that the other commands take like any', {
  timeout: 120_000,
}, async () => {
  for (const [name, dim] of [
    ['big', '16'],
    ['small', '4'],
  ] as const) {
    const { code, stderr } = await w.run('train', 'bpr-mf', ...DATA, '--dim', dim, '--name', name, ...SHORT);
    assert.equal(code, 0, stderr);
  }
  const first = await w.run(...FROM_SMALL);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /pair: epoch 6 of 6, loss .*recall@50/);
  assert.match(first.stdout, /^pair is finished \(best epochs \d+ \(teacher\) and \d+ \(student\) of 6, /);
  assert.match(first.stdout, /^student +before: small +/m);
  assert.match(first.stdout, /What to do next:\n.* report pair\n.* compare pair\/student pair\/teacher small big/);

  const again = await w.json(...FROM_SMALL);
  assert.equal(again.value.reused, true);
  const student = again.value.student as unknown as Side;
  assert.equal(student.result.options.dim, 4);
  const judged = await w.json('evaluate', 'pair/student', 'pair/teacher', 'small');
  const runs = judged.value.runs as { name: string; method: string; metrics: Record<string, number> }[];
  assert.deepEqual(
    runs.map((r) => [r.name, r.method]),
    [
      ['pair/student', 'bd'],
      ['pair/teacher', 'bd'],
      ['small', 'none'],
    ],
  );
  assert.equal(runs[0]!.metrics['recall@10'], student.result.metrics['recall@10']);
  assert.equal(runs[2]!.metrics['recall@10'], student.before.metrics['recall@10']);
  for (const words of [
    ['compare', 'pair/student', 'small'],
    ['recommend', 'pair/student', '--user', 'u001'],
    ['distill', '--teachers', 'pair/teacher', '--method', 'rrd', '--dim', '4', '--epochs', '2'],
    ['distill', '--method', 'bd', '--teachers', 'pair/teacher', '--start', 'pair/student', ...SHORT, '--name', 'more'],
  ]) {
    const { code, stderr } = await w.run(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  }
});

test('without --start the student is trained alone first, as a run of its own, and gives the same', {
  timeout: 60_000,
}, async () => {
  const whole = [...JOINT, '--dim', '4', ...SHORT, '--update', '3', '--name', 'whole'];
  const { code, value } = await w.json(...whole);
  assert.equal(code, 0);
  const [made, from] = [value, (await w.json(...FROM_SMALL)).value].map((v) => v.student as unknown as Side);
  assert.equal(made!.before.name, 'whole/start');
  assert.deepEqual(made!.result.metrics, from!.result.metrics);
  assert.equal((await w.json(...whole)).value.reused, true);
});

test('a report shows the effect of co-training from the runs before and after', { timeout: 60_000 }, async () => {
  const out = w.path('pair.html');
  const { value } = await w.json('report', 'pair', '--out', out, '--found', '7');
  const told = value as unknown as { runs: string[]; pairs: Pair[]; json: string };
  assert.deepEqual([...told.runs].sort(), ['big', 'pair/student', 'pair/teacher', 'small']);
  const [pair] = told.pairs;
  assert.deepEqual([told.pairs.length, pair!.name, pair!.at], [1, 'pair', 7]);
  for (const { ahead, byUser } of [pair!.before, pair!.after]) {
    assert.ok(ahead.student > 0 && Math.abs(ahead.student + ahead.teacher + ahead.neither - 1) < 1e-9);
    assert.ok(byUser.length > 1 && byUser.every((q) => q.student >= 0 && q.student <= 1));
  }
  for (const file of [out, told.json]) assert.ok(existsSync(file), file);
  const page = readFileSync(out.replace('.html', '.md'), 'utf8');
  assert.match(page, /co-trained teacher +\| +pair\/teacher/);
  assert.match(page, /Which model ranks the test interactions higher/);
  // Students are tested against one that was trained alone, not against the start of a pair.
  const alone = ['train', 'bpr-mf', ...DATA, '--dim', '4', '--seed', '1', '--name', 'alone', ...SHORT];
  assert.equal((await w.run(...alone)).code, 0);
  assert.equal((await w.run('report', 'small', 'alone', 'pair', '--out', w.path('all.html'))).code, 0);
  assert.match(readFileSync(w.path('all.md'), 'utf8'), /^## Significance of the differences to alone$/m);
  const wrong = await w.json('report', 'small', '--out', w.path('small.html'), '--metric', 'recal@50');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /there is no metric of the runs called "recal@50"/);
  const plain = await w.json('report', 'small', '--out', w.path('small.html'));
  assert.deepEqual(plain.value.pairs, []);
});

interface Pair {
  readonly name: string;
  readonly at: number;
  readonly before: Stage;
  readonly after: Stage;
}

interface Stage {
  readonly ahead: { readonly student: number; readonly teacher: number; readonly neither: number };
  readonly byUser: readonly { readonly student: number }[];
}

test('how the two train together is searched, and the command that is named trains them so', {
  timeout: 120_000,
}, async () => {
  const search = ['tune', 'bpr-mf', '--method', 'bd', '--teachers', 'big', '--start', 'small', '--trials', '3'];
  const { code, value, stderr } = await w.json(...search, ...SHORT, '--no-halving');
  assert.equal(code, 0, stderr);
  const [found] = value.searches as unknown as Found[];
  assert.equal(found!.trials.length, 3);
  const first = found!.trials.find((t) => t.trial === 0)!;
  assert.deepEqual(first.options, { teacherLambda: 0.5, studentLambda: 0.5 });
  assert.match(found!.command, /^distill --method bd --teachers big --start small .*--student-lambda/);
  const words = [...found!.command.split(' '), '--name', 'tuned'];
  const made = await w.json(...words);
  assert.equal(made.code, 0, made.stderr);
  const metrics = (made.value.student as unknown as { result: { options: Record<string, unknown> } }).result.options;
  assert.equal(metrics.studentLambda, found!.best.trial.options.studentLambda);
  const other = await w.json(
    'tune',
    'bpr-mf',
    '--method',
    'rrd',
    '--teachers',
    'big',
    '--dim',
    '4',
    '--trials',
    '2',
    ...SHORT,
  );
  assert.equal(other.code, 0, other.stderr);
  const [rrd] = other.value.searches as unknown as Found[];
  assert.ok('lambda' in rrd!.best.trial.options && 'learningRate' in rrd!.best.trial.options);
  assert.match(rrd!.command, /^distill --method rrd --teachers big --student bpr-mf .*--lambda/);
});

interface Found {
  readonly trials: readonly { readonly trial: number; readonly options: Record<string, unknown> }[];
  readonly best: { readonly trial: { readonly options: Record<string, unknown> } };
  readonly command: string;
}

test('wrong usage is refused with a hint', { timeout: 240_000 }, async () => {
  const lists = w.path('lists.csv');
  assert.equal((await w.run('rankings', 'big', '--out', lists)).code, 0);
  assert.equal((await w.run('import', lists, '--like', 'big', '--name', 'theirs')).code, 0);
  const bd = ['distill', '--method', 'bd'];
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [bd, /distill needs --teachers/],
    [[...bd, '--teachers', 'pair'], /trains one teacher and the student together; 2 teachers were given/],
    [[...bd, '--teachers', 'theirs'], /needs teachers with parameters that can be trained further/],
    [[...bd, '--teachers', 'big', '--start', 'nobody'], /no run called "nobody"/],
    [[...bd, '--teachers', 'big', '--start', 'pair'], /--start pair matches 2 runs/],
    [[...bd, '--teachers', 'small', '--start', 'big'], /exchange them/i],
    [[...FROM_SMALL, '--dim', '4'], /--dim cannot change it/],
    [[...FROM_SMALL, '--student', 'cml'], /--student cannot change it/],
    [[...FROM_SMALL, '--continue', 'small'], /cannot continue from a student of earlier data/],
    [['distill', '--teachers', 'big', '--start', 'small'], /has no --start; only co-trained methods have it/],
    [[...FROM_SMALL, '--teacher-temperature', '0'], /--teacher-temperature.*is 0/],
    [[...JOINT, ...SHORT, '--update', '7', '--name', 'other'], /update.*at most 6, the epochs/],
    [[...JOINT, '--start', 'small', ...SHORT, '--name', 'small'], /is a run, so/],
    [['tune', 'bpr-mf', '--teachers', 'big'], /need --method/],
    [
      ['tune', 'bpr-mf', 'cml', '--method', 'bd', '--teachers', 'big'],
      /--method bd takes one student; 2 models are given/,
    ],
  ];
  for (const [words, message] of refusals) {
    const { code, stderr } = await w.run(...words);
    assert.equal(code, 2, words.join(' '));
    assert.match(stderr, message);
  }
  assert.ok(!existsSync(w.path('runs', 'other')), 'nothing was trained');
});
