/** Subject `hetcomp-discrepancy`: how far the student's list is from a checkpoint of a teacher. */
import { discrepancy, discrepancyWeights } from 'recdistill/distill';
import type { Checker } from './_checker.js';
import { readNumber, readNumbers } from './inputs.js';

export const hetcompDiscrepancy: Checker = {
  check: (inputs) => {
    const ranking = readNumbers(inputs, 'student_ranking');
    const train = new Set(readNumbers(inputs, 'train_items'));
    const student = Int32Array.from(ranking.filter((item) => !train.has(item)));
    const teacher = Int32Array.from(readNumbers(inputs, 'teacher_ranking'));
    const weights = discrepancyWeights(readNumber(inputs, 'k'));
    const marks = new Int32Array(1 + Math.max(...ranking, ...teacher));
    return {
      float64: {
        rounded4: discrepancy(student, teacher, weights, marks, 1, 'published'),
        exact: discrepancy(student, teacher, weights, marks, 2, 'exact'),
      },
    };
  },
};
