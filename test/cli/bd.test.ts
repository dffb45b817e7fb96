import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:200x150x4000'];
const SHORT = ['--epochs', '6', '--evaluate-every', '3'];
const BD = ['bd', '--teacher', 'big', '--student', 'small', ...SHORT, '--update', '3'];

interface Side {
  readonly reused: boolean;
  readonly before: { readonly metrics: Record<string, number> };
  readonly result: { readonly metrics: Record<string, number>; readonly options: Record<string, unknown> };
}

test('bd makes two better runs of two, that the other commands take like any', { timeout: 120_000 }, async () => {
  for (const [name, dim] of [
    ['big', '16'],
    ['small', '4'],
  ] as const) {
    const { code, stderr } = await w.run('train', 'bpr-mf', ...DATA, '--dim', dim, '--name', name, ...SHORT);
    assert.equal(code, 0, stderr);
  }
  const first = await w.run(...BD);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /bd: epoch 6 of 6, loss .*recall@50/);
  assert.match(first.stdout, /^bd is finished \(best epochs \d+ \(teacher\) and \d+ \(student\) of 6, /);
  assert.match(first.stdout, /^student +before: small +/m);
  assert.match(first.stdout, /What to do next:\n.* bd-report bd\n.* compare bd\/student bd\/teacher small big/);

  const again = await w.json(...BD);
  assert.equal(again.value.reused, true);
  const student = again.value.student as unknown as Side;
  assert.equal(student.result.options.dim, 4);
  const judged = await w.json('evaluate', 'bd/student', 'bd/teacher', 'small');
  const runs = judged.value.runs as { name: string; method: string; metrics: Record<string, number> }[];
  assert.deepEqual(
    runs.map((r) => [r.name, r.method]),
    [
      ['bd/student', 'bd'],
      ['bd/teacher', 'bd'],
      ['small', 'none'],
    ],
  );
  assert.equal(runs[0]!.metrics['recall@10'], student.result.metrics['recall@10']);
  assert.equal(runs[2]!.metrics['recall@10'], student.before.metrics['recall@10']);
  for (const words of [
    ['compare', 'bd/student', 'small'],
    ['recommend', 'bd/student', '--user', 'u001'],
    ['distill', '--teachers', 'bd/teacher', '--method', 'rrd', '--dim', '4', '--epochs', '2'],
    ['bd', '--teacher', 'bd/teacher', '--student', 'bd/student', ...SHORT, '--update', '3', '--name', 'more'],
  ]) {
    const { code, stderr } = await w.run(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  }
});

test('bd-report finds the runs before, and says who is ahead', { timeout: 60_000 }, async () => {
  const out = w.path('bd.html');
  const { value } = await w.json('bd-report', 'bd', '--out', out);
  const told = value as unknown as { runs: { name: string }[]; before: Stage; after: Stage; json: string };
  assert.deepEqual(
    told.runs.map((r) => r.name),
    ['big', 'small', 'bd/teacher', 'bd/student'],
  );
  for (const { ahead, byUser } of [told.before, told.after]) {
    assert.ok(ahead.student > 0 && Math.abs(ahead.student + ahead.teacher + ahead.neither - 1) < 1e-9);
    assert.ok(byUser.length > 1 && byUser.every((q) => q.student >= 0 && q.student <= 1));
  }
  for (const file of [out, told.json, out.replace('.html', '.md')]) assert.ok(existsSync(file), file);
  const { code, stderr } = await w.run('bd-report', 'small');
  assert.equal(code, 2);
  assert.match(stderr, /small is no bd/);
});

interface Stage {
  readonly ahead: { readonly student: number; readonly teacher: number; readonly neither: number };
  readonly byUser: readonly { readonly student: number }[];
}

test('what is wrong on the command line is refused with what to do', { timeout: 60_000 }, async () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [['bd'], /bd needs --teacher/],
    [['bd', '--teacher', 'big'], /bd needs --student/],
    [['bd', '--teacher', 'big', '--student', 'nobody'], /no run called "nobody"/],
    [['bd', '--teacher', 'bd', '--student', 'small'], /--teacher bd stands for 2 runs/],
    [['bd', '--teacher', 'small', '--student', 'big'], /exchange them/],
    [[...BD, '--teacher-temperature', '0'], /--teacher-temperature.*is 0/],
    [[...BD.slice(0, -2), '--update', '7', '--name', 'other'], /update.*at most 6, the epochs/],
    [[...BD, '--name', 'small'], /is a run itself/],
  ];
  for (const [words, message] of refusals) {
    const { code, stderr } = await w.run(...words);
    assert.equal(code, 2, words.join(' '));
    assert.match(stderr, message);
  }
});
