import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PairAnalysis, PairStage } from '../eval/index.js';
import { pairSections } from './co-trained.js';
import { renderHtml, renderPageMarkdown } from './page.js';

const stage = (student: number): PairStage => ({
  ahead: { student, teacher: 0.75 - student, neither: 0.25 },
  discrepancy: [
    { from: Number.NEGATIVE_INFINITY, to: -1, share: student },
    { from: 0, to: 0, share: 0.25 },
    { from: 1000, to: Number.POSITIVE_INFINITY, share: 0.75 - student },
  ],
  byItem: [{ from: 2, to: 2, interactions: 4, teacher: 0.5, student: 0.25 }],
  byUser: [{ from: 2, to: 9, interactions: 4, teacher: 0.5, student: 0.25 }],
});
const analysis: PairAnalysis = { at: 3, before: stage(0.25), after: stage(0.75) };

test('as sections: tables in both forms, plots in HTML', async () => {
  const history = (value: number) => ({
    ...{ test: [], checkpoints: [], constructions: [] },
    valid: [0, 1].map((epoch) => ({ epoch, metrics: { 'recall@10': value + epoch } })),
  });
  const histories = { teacher: history(0.2), student: history(0.1) };
  const page = { title: 'bd', about: [], sections: pairSections(analysis, histories, 'recall@10') };
  const [html, markdown] = [await renderHtml(page), renderPageMarkdown(page)];
  assert.equal(html.match(/<figure role/g)!.length, 4);
  assert.match(markdown, /\| before \| 25\.0 % \| 50\.0 % \| 25\.0 % \|/);
  assert.match(markdown, /\| 1,000 and more \| 50\.0 % \| 0\.0 % \|/);
  assert.match(markdown, /Share of the test interactions that are in the top 3/);
});
