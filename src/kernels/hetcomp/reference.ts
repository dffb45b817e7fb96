import type { Machine } from '../machine/machine.js';
import type { HetcompKernels } from './hetcomp.js';
import { hetcompLoss } from './loss.js';

export function hetcompReference(_: Machine): HetcompKernels {
  return {
    hetcomp(step) {
      const { dim, nItems, topK, train, observed } = step;
      const scores = new Float64Array(nItems);
      const gradient = new Float64Array(nItems);
      for (const [k, user] of step.users.entries()) {
        const u = step.userVectors.subarray(user * dim, (user + 1) * dim);
        for (let i = 0; i < nItems; i++) {
          let score = 0;
          for (let d = 0; d < dim; d++) score += u[d]! * step.itemVectors[i * dim + d]!;
          scores[i] = score;
        }
        if (!scores.every(Number.isFinite)) {
          step.losses[k] = Number.NaN;
          continue;
        }
        step.losses[k] = hetcompLoss(
          scores,
          {
            observed: observed.indices.subarray(observed.indptr[user]!, observed.indptr[user + 1]!),
            ranked: step.ranked.subarray(user * topK, (user + 1) * topK),
            train: train.indices.subarray(train.indptr[user]!, train.indptr[user + 1]!),
            phase: step.phase,
            formulas: step.formulas,
            topK,
          },
          gradient,
        );
        const ofUser = new Float64Array(dim);
        for (let i = 0; i < nItems; i++) {
          for (let d = 0; d < dim; d++) {
            ofUser[d]! += gradient[i]! * step.itemVectors[i * dim + d]!;
            step.itemGradient[i * dim + d]! += step.scale * gradient[i]! * u[d]!;
          }
        }
        for (let d = 0; d < dim; d++) step.userGradient[user * dim + d]! += step.scale * ofUser[d]!;
      }
    },
  };
}
