/** The loss of FitNet: projected embeddings of the student against those of the teacher, over the users and items of a step. */
import type { ReconstructionForm } from '../../kernels/index.js';
import type { Batch, Tables, TrainableModel } from '../../models/_model.js';
import type { Entities } from './entities.js';
import type { Reconstructor } from './side.js';

export interface Sides {
  readonly users: Reconstructor;
  readonly items: Reconstructor;
}

export interface FeatureLoss {
  /**
   * Adds `scale` times the gradient of the loss, summed over users and over the lists of items. Returns the loss without `scale`.
   * @param ofItems weight of an item in a list, beside 1 of a user
   */
  accumulate(entities: Entities, scale: number, ofItems: number, batch: Batch): number;
}

/** @param target tables of the teacher, in kernel memory */
export const createFeatureLoss = (
  student: TrainableModel,
  { users, items }: Sides,
  target: Tables,
  form: ReconstructionForm,
): FeatureLoss => ({
  accumulate(entities, scale, ofItems, batch) {
    const f = student.factors!(users.reach(entities.users), items.reach(together(entities.items)));
    const ofUsers = { values: f.userFactors, gradient: f.userGradient };
    const ofList = { values: f.itemFactors, gradient: f.itemGradient };
    let loss = users.reconstruct(entities.users, ofUsers, target.userFactors, form, scale, batch);
    for (const list of entities.items)
      loss += ofItems * items.reconstruct(list, ofList, target.itemFactors, form, scale * ofItems, batch);
    return loss;
  },
});

/** All lists in one. */
export function together(lists: readonly Int32Array[]): Int32Array {
  if (lists.length === 1) return lists[0]!;
  const all = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** Dimension of the student's embeddings. */
export const dimOf = (student: TrainableModel): number => student.factors!(new Int32Array(0), new Int32Array(0)).dim;
