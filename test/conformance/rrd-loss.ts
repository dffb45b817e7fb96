/** Subject `rrd-loss`: the relaxed ranking loss of RRD. */
import { plackettLuce } from 'recdistill/losses';
import type { Checker } from './_checker.js';
import { lossOfLists } from './_lists.js';
import { onBoth } from './_machines.js';
import { readLists, readMatrix } from './inputs.js';

export const rrdLoss: Checker = {
  // Sums of float32 scores up to 50 and their exponentials, over lists of 80.
  float32: { abs: 2e-5, rel: 2e-5 },
  check: (inputs) =>
    onBoth((k) => {
      const [ranked, rest] = [readLists(inputs, 'interesting'), readLists(inputs, 'uninteresting')];
      const lists = ranked.map((list, r) => [...list, ...rest[r]!]);
      const { loss, gradient } = lossOfLists(k, readMatrix(inputs, 'scores'), lists, (r, scores, weights) =>
        plackettLuce(scores, weights, ranked[r]!.length, scores.length),
      );
      return { loss, grad_scores: gradient };
    }),
};
