import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseHTML } from 'linkedom';
import { pipelineOptions, runPipeline } from '../experiment/index.js';
import { createKernels } from '../kernels/index.js';
import { parseOptions } from '../options/index.js';
import { pipelineReport, readHistory, renderHtml, renderPageMarkdown } from './index.js';

const kernels = createKernels({ threads: 1, memoryLimit: 2 ** 28 });
const runs = mkdtempSync(join(tmpdir(), 'recdistill-report-'));
after(() => {
  kernels.close();
  rmSync(runs, { recursive: true });
});

const quick = { dim: 3, epochs: 6, batchSize: 128, evaluateEvery: 2, patience: 9, learningRate: 0.05 };
const input = {
  name: 'tiny',
  data: { data: 'synthetic:60x80x900' },
  evaluation: { at: [5, 10], selectBy: 'recall@10' },
  teachers: [{ model: 'bpr-mf', ...quick }, { model: 'ease' }],
  students: [
    { model: 'bpr-mf', ...quick, method: 'none', name: 'alone' },
    { model: 'bpr-mf', ...quick, period: 2, topK: 20, discrepancyK: 10 },
  ],
  checkpoints: 2,
  testCurve: true,
};
const page = async () => {
  const o = parseOptions(pipelineOptions, input, 'pipeline');
  const result = await runPipeline(o, { kernels, runs });
  return { result, page: pipelineReport(result, o) };
};

test('the history of a run: valid and test by epoch, its checkpoints, the log of the method', async () => {
  const { result } = await page();
  const student = readHistory(result.rows.at(-1)!.folder!);
  for (const part of [student.valid, student.test])
    assert.deepEqual(
      part.map((p) => p.epoch),
      [2, 4, 6],
    );
  // The last epoch need not be the best; where it is, the curve ends in the result.
  assert.ok(student.test.every((p) => p.metrics['recall@10']! >= 0 && p.metrics['recall@10']! <= 1));
  assert.deepEqual(
    student.constructions.map((c) => [c.epoch, c.teachers.map((t) => t.teacher)]),
    [2, 4, 6].map((epoch) => [epoch, ['bpr-mf', 'ease']]),
  );
  for (const c of student.constructions)
    for (const t of c.teachers) assert.ok(Math.abs(t.share.reduce((a, b) => a + b) - 1) < 1e-12);
  const teacher = readHistory(result.rows[0]!.folder!);
  assert.equal(teacher.checkpoints.length, 2);
  assert.deepEqual(teacher.constructions, []);
});

test('an HTML report is one file without scripts or external resources, with plots of each kind and two colour schemes', async () => {
  const { result, page: made } = await page();
  const html = await renderHtml(made);
  assert.doesNotMatch(html, /<script|<link|src=|@import|url\(|https?:\/\/(?!www\.w3\.org)/);
  assert.match(html, /prefers-color-scheme: dark/);
  const { document } = parseHTML(html);
  const titles = [...document.querySelectorAll('h2')].map((h) => h.textContent);
  for (const title of [
    'Results on test',
    'Significance of the differences to alone-ials-dim3',
    'recall@10 by epoch (test)',
    'Teachers: recall@10 by epoch, with the checkpoints of their trajectories (test)',
    'student-hetcomp: users at each checkpoint, by teacher',
    'student-hetcomp: discrepancy from the last checkpoint of each teacher',
    'Accuracy against size',
    'Accuracy against latency',
  ])
    assert.ok(titles.includes(title), `${title}: ${titles.join(' | ')}`);
  const plots = [...document.querySelectorAll('section')].filter((s) => s.querySelector('svg'));
  assert.equal(plots.length, 6);
  for (const plot of plots)
    assert.ok(plot.querySelector('[aria-label=line] path, [aria-label=area] path, [aria-label=dot] circle'));
  assert.match(html, /var\(--series-1\)/);
  const cells = [...document.querySelectorAll('td')].map((c) => c.textContent);
  for (const row of result.rows) assert.ok(cells.includes(row.evaluation.means['recall@10']!.toFixed(4)), row.name);
});

test('a report in Markdown has the tables', async () => {
  const { result, page: made } = await page();
  const markdown = renderPageMarkdown(made);
  assert.match(markdown, /^# tiny on synthetic\n/);
  for (const row of result.rows) assert.ok(markdown.includes(`| ${row.name} |`), row.name);
  assert.doesNotMatch(markdown, /<svg|by epoch/);
});

test('text from data is text in either form', async () => {
  const hostile = { title: '<script>alert(1)</script> & "x" | *y*', about: ['a|b'], sections: [] };
  assert.doesNotMatch(await renderHtml(hostile), /<script>alert/);
  assert.match(renderPageMarkdown(hostile), /\\<script\\>/);
});
