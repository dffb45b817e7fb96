/** Subject `cd-loss`: cross-entropy with soft targets from the teacher's scores of sampled items. */
import { bce, softTargets } from 'recdistill/losses';
import type { Checker } from './_checker.js';
import { lossOfLists } from './_lists.js';
import { onBoth } from './_machines.js';
import { readLists, readMatrix, readNumber } from './inputs.js';

export const cdLoss: Checker = {
  // Sums over rows of about 10 logistic losses of float32 scores.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) => {
    const sampled = readLists(inputs, 'sampled');
    const teacher = readMatrix(inputs, 'teacher_scores');
    const targets = sampled.map((list, r) => {
      const scores = Float64Array.from(list, (item) => teacher.values[r * teacher.columns + item]!);
      softTargets(scores, readNumber(inputs, 't2'), readNumber(inputs, 't1'), scores, scores.length);
      return scores;
    });
    return onBoth((k) => {
      const { loss, gradient } = lossOfLists(k, readMatrix(inputs, 'student_scores'), sampled, (r, scores, weights) =>
        bce(scores, targets[r]!, weights, scores.length),
      );
      return { loss, grad_student_scores: gradient };
    });
  },
};
