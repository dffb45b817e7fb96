/** Edges of the methods' subjects that the golden numbers reach only by chance: nothing to teach, scores at the cap, a single pair. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inputs, Json } from './_checker.js';
import { checkers } from './index.js';
import { runCase } from './run.js';

async function passes(subject: keyof typeof checkers, inputs: Inputs, expected: { readonly [key: string]: Json }) {
  const golden = { subject, name: 'edge', inputs, expected, tolerance: { abs: 1e-9, rel: 1e-9 } };
  assert.equal((await runCase(golden, checkers)).problem, undefined);
}

const e = Math.exp;

test('rows without ranked items, and a batch without any item', async () => {
  const scores = [
    [1, 2, 3],
    [0, 0, 0],
  ];
  await passes(
    'rrd-loss',
    { scores, interesting: [[], [1]], uninteresting: [[0], []] },
    {
      loss: 0,
      grad_scores: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    },
  );
  const zeros = {
    loss: 0,
    grad_scores: [
      [0, 0, 0],
      [0, 0, 0],
    ],
  };
  await passes('rrd-loss', { scores, interesting: [[], []], uninteresting: [[], []] }, zeros);
});

test('a score at the cap has a gradient, one just above has none', async () => {
  const at = (score: number, gradient: number) =>
    passes(
      'dcd-loss',
      { kind: 'loss', scores: [[score, 79]], underestimated: [[0]], overestimated: [[1]] },
      { loss: Math.log1p(e(-1)), grad_scores: [[gradient, 1 / (1 + e(1))]] },
    );
  await at(80, -1 / (1 + e(1)));
  await at(80.000001, 0);
});

test('padding only, and a mean over no pair', async () => {
  const inputs = { scores: [[1, 2]], labels: [[-1, -1]] };
  await passes('cl-drd-loss', inputs, { loss_sum: 0, grad_sum: [[0, 0]], loss_mean: null });
});

test('a teacher list of one item, and samples that all tie with it', async () => {
  const inputs = { pos_scores: [[0]], neg_scores: [[0]], candidate_scores: [[0]], lambda: 1, alpha: 1 };
  const base = 2 * Math.log(2);
  await passes('rd-loss', inputs, {
    static_weight: [1],
    base_loss: base,
    kd_loss: base / 2,
    grad_candidates: [[-0.5]],
  });
  await passes(
    'rd-loss',
    { ...inputs, dynamic_scores: [[0, 0]], mu: 0.1, num_items: 5 },
    { approx_rank: [[0]], dynamic_weight: [[0]], kd_loss: 0, grad_candidates: [[0]] },
  );
});

test('targets of teacher scores that are far out', async () => {
  const inputs = { student_scores: [[0, 0]], teacher_scores: [[1000, -1000]], sampled: [[0, 1]], t1: 1, t2: 0 };
  await passes('cd-loss', inputs, { loss: 2 * Math.log(2), grad_student_scores: [[-0.5, 0.5]] });
});
