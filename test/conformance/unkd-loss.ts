/** Subject `unkd-loss`: groups of similar popularity, the pairs of each group, and the loss on them. */
import { popularityGroups } from 'recdistill/data';
import { createDrawPair, pairsPerGroup } from 'recdistill/distill';
import { pairOrderLoss } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { lossOfLists } from './_lists.js';
import { onBoth } from './_machines.js';
import { readLists, readMatrix, readNumber, readNumbers, readText } from './inputs.js';

export const unkdLoss: Checker = {
  // Differences of float32 scores up to 40.
  float32: { abs: 5e-6, rel: 5e-6, keys: ['loss', 'grad_student_scores'] },
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'groups') return { float64: groups(inputs) };
    if (kind === 'allocation') return { float64: allocation(inputs) };
    if (kind === 'pair-probabilities') return { float64: probabilities(inputs) };
    if (kind === 'loss') return losses(inputs);
    throw new Error(`there is no kind ${kind}`);
  },
};

function groups(inputs: Inputs): Result {
  const counts = Int32Array.from(readNumbers(inputs, 'train_counts'));
  const found = popularityGroups(counts, readNumber(inputs, 'groups'));
  return { groups: found, count_sums: found.map((items) => items.reduce((sum, item) => sum + counts[item]!, 0)) };
}

function allocation(inputs: Inputs): Result {
  const requests = readLists(inputs, 'requests');
  const by = (rule: 'even' | 'rounded') => requests.map(([n, g]) => pairsPerGroup(n!, g!, rule));
  return { as_coded: by('rounded'), even: by('even') };
}

/** The probability of each pair, as the share of a grid of random numbers that gives it, would be coarse; so from the areas of the unit square. */
function probabilities(inputs: Inputs): Result {
  const n = Math.min(readNumber(inputs, 'candidates'), readNumber(inputs, 'max_candidates'));
  const mu = readNumber(inputs, 'mu');
  const draw = createDrawPair(n, mu);
  const weight = Array.from({ length: n }, (_, at) => Math.exp(-(at + 1) / mu));
  const total = weight.reduce((a, b) => a + b);
  const pair = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  // Along u, and along v at a fixed u, the pair only changes at borders, which bisection finds.
  for (const [from, to] of pieces((u) => draw(u, 0).join() + draw(u, 1 - 2 ** -53).join())) {
    const u = (from + to) / 2;
    for (const [start, end] of pieces((v) => draw(u, v).join())) {
      const [a, b] = draw(u, (start + end) / 2);
      pair[a]![b]! += (to - from) * (end - start);
    }
  }
  return { position_probability: weight.map((w) => w / total), pair_probability: pair };
}

/** The intervals of [0, 1) on which a function is constant, if it never returns to a value and has at most some tens of them. */
function pieces(f: (x: number) => string): [number, number][] {
  const found: [number, number][] = [];
  for (let from = 0; from < 1; ) {
    let [low, high] = [from, 1];
    while (high - low > 2 ** -52) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      if (f(middle) === f(from)) low = middle;
      else high = middle;
    }
    found.push([from, high]);
    from = high;
  }
  return found;
}

function losses(inputs: Inputs) {
  const scores = readMatrix(inputs, 'student_scores');
  const [positive, negative] = [readLists(inputs, 'positive'), readLists(inputs, 'negative')];
  const lists = positive.map((row, r) => row.flatMap((item, at) => [item, negative[r]![at]!]));
  return onBoth((k) => {
    const { loss, gradient } = lossOfLists(k, scores, lists, (_, own, out) => pairOrderLoss(own, out));
    const mean = loss / lists.length;
    const each = gradient.map((row) => row.map((value) => value / lists.length));
    return { loss: mean, loss_sum_over_pairs: mean * positive[0]!.length, grad_student_scores: each };
  });
}
