/** Subject `dcd-loss`: the loss of DCD, and the weights by which its items are drawn. */

import { DCD_CAP, rankGap, ranksOf } from 'recdistill/distill';
import { plackettLuce } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { lossOfLists } from './_lists.js';
import { onBoth } from './_machines.js';
import { readLists, readMatrix, readNumber, readText } from './inputs.js';

export const dcdLoss: Checker = {
  // Sums of float32 scores up to 80 and their exponentials, over lists of 60.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'sampling-weights') return { float64: weights(inputs) };
    if (kind !== 'loss') throw new Error(`there is no kind ${kind}`);
    const given = readMatrix(inputs, 'scores');
    return onBoth((k) => {
      const scores = k.precision === 'f32' ? { ...given, values: given.values.map(besideTheCap) } : given;
      const [under, over] = [readLists(inputs, 'underestimated'), readLists(inputs, 'overestimated')];
      const lists = under.map((list, r) => [...list, ...over[r]!]);
      const { loss, gradient } = lossOfLists(k, scores, lists, (r, own, out) =>
        plackettLuce(own, out, under[r]!.length, own.length, DCD_CAP),
      );
      return { loss, grad_scores: gradient };
    });
  },
};

/** A score just above the cap has gradient 0; rounded to float32 it must not fall on the cap itself, which has one. */
const besideTheCap = (score: number): number =>
  score > DCD_CAP && Math.fround(score) === DCD_CAP ? DCD_CAP + 2 ** -17 : score;

function weights(inputs: Inputs): Result {
  const [teacher, student] = [readLists(inputs, 'teacher_topk'), readLists(inputs, 'student_ranking')];
  const temperature = readNumber(inputs, 'temperature');
  const ranks = teacher.map((list, r) => {
    const places = new Int32Array(1 + Math.max(0, ...list, ...student[r]!)).fill(-1);
    return [...ranksOf(Int32Array.from(list), Int32Array.from(student[r]!), places)];
  });
  return {
    w_under: ranks.map((row) => row.map((rank, position) => rankGap(rank, position, temperature))),
    w_over: ranks.map((row) => row.map((rank, position) => rankGap(position, rank, temperature))),
  };
}
