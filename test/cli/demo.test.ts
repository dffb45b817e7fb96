import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

interface DemoJson {
  readonly rows: readonly {
    name: string;
    role: string;
    reused: boolean;
    metrics: Record<string, number>;
    bytes: number;
  }[];
  readonly recommendations: readonly { itemId: string; label: string }[];
}

test('demo without data reports that it uses synthetic data; the second demo is read back', {
  timeout: 300_000,
}, async () => {
  const first = await w.run('demo');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /Data: synthetic, because RECDISTILL_DATA is not set/);
  assert.match(first.stderr, /Memory: at most .* in all/);
  assert.match(first.stdout, /role +model +R@10 +N@10 +R@50 +N@50 +transfer +parameters +bundle +top 10 in/);
  assert.match(
    first.stdout,
    /student-hetcomp against the best model of its size that is trained directly, alone-\w+-dim6: R@50 \+/,
  );
  assert.match(first.stdout, /keeps \d+\.\d % of the ensemble's R@50/);
  assert.match(first.stdout, /student-hetcomp recommends/);

  const second = await w.json('demo');
  const { rows, recommendations } = second.value as unknown as DemoJson;
  assert.equal(rows.filter((r) => r.reused).length, rows.length - 1);
  assert.equal(recommendations.length, 10);
  const recall = (name: string) => rows.find((r) => r.name === name)!.metrics['recall@50']!;
  for (const teacher of rows.filter((r) => r.role === 'teacher'))
    assert.ok(recall(teacher.name) > 1.5 * recall('top-pop'), teacher.name);
  assert.ok(recall('student-hetcomp') > 1.1 * recall('student-alone'));

  // The commands that it proposes work as they are printed.
  const proposed = first.stdout.split('What to do next:\n')[1]!.trimEnd().split('\n');
  const words = proposed.map((line) =>
    line
      .trim()
      .replace(/^node \S+ /, '')
      .split(' '),
  );
  for (const command of words.filter(([name]) => name !== 'distill')) {
    const ended = await w.run(...command);
    assert.equal(ended.code, 0, `${command.join(' ')}\n${ended.stderr}`);
  }
});
