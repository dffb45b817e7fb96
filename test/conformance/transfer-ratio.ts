/** Subject `transfer-ratio`: the share of the teacher's advantage that a distilled student has. */
import { transferRatio } from 'recdistill/eval';
import type { Checker } from './_checker.js';
import { readNumber } from './inputs.js';

export const transferRatios: Checker = {
  check: (inputs) => {
    const [distilled, student, teacher] = ['distilled', 'student', 'teacher'].map((key) => readNumber(inputs, key));
    return { float64: { transfer_ratio: transferRatio(distilled!, student!, teacher!) } };
  },
};
