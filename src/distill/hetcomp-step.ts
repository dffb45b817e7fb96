/** The loss of HetComp for some users and its gradient, in the form that the student and the catalogue ask for. */
import type { HetcompPhase } from '../losses/index.js';
import type { Batch } from '../models/_model.js';
import type { DistillContext } from './_distiller.js';
import type { Arithmetic } from './hetcomp-knowledge.js';
import type { KnowledgeLists } from './hetcomp-lists.js';

export interface HetcompStepOptions {
  readonly arithmetic: Arithmetic;
}

export interface HetcompStep {
  /** Adds `scale` times the gradient of the loss of `users`, summed over them; returns that sum, without `scale`. */
  accumulate(users: Int32Array, phase: HetcompPhase, scale: number, batch: Batch): number;
  close(): void;
}

/** @param most users in one call */
export function createHetcompStep(
  context: DistillContext,
  lists: KnowledgeLists,
  o: HetcompStepOptions,
  most: number,
): HetcompStep {
  return overFactors(context, lists, o, most);
}

/** Over the whole catalogue, for a student whose scores are inner products: one fused kernel. */
function overFactors(
  { kernels: k, student, train }: DistillContext,
  { train: rows, observed, ranked, topK }: KnowledgeLists,
  o: HetcompStepOptions,
  most: number,
): HetcompStep {
  const losses = k.floats(most);
  return {
    accumulate(users, phase, scale) {
      const f = student.factors!(users);
      k.hetcomp({
        ...{ users, dim: f.dim, items: train.items, train: rows, observed, ranked, topK, phase, scale, losses },
        ...{ userVectors: f.users, itemVectors: f.items, userGradient: f.userGradient, itemGradient: f.itemGradient },
        arithmetic: o.arithmetic === 'correct' ? 'exact' : 'reference',
      });
      let loss = 0;
      for (let r = 0; r < users.length; r++) loss += losses[r]!;
      return loss;
    },
    close: () => k.free(losses),
  };
}
