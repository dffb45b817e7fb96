/** The interface of the weights of an ensemble: how much each member counts in the fused lists. One file and one line in `index.ts` add one. */
import type { Unit } from '../../../options/registry.js';

export interface EnsembleMember {
  readonly name: string;
  /** The selection metric on valid of the list of this member alone. */
  readonly value: number;
  /** Number of values that its scoring needs. Absent for imported rankings. */
  readonly parameters?: number;
}

/** What weights may follow from: the members and valid. Test is not part of it. */
export interface Weighing {
  /** At least two. */
  readonly members: readonly EnsembleMember[];
  /**
   * The selection metric on valid of the members fused with these weights. Takes time that grows with users x members.
   * @param weights one per member, each at least 0
   * @throws RecdistillError `interrupted`
   */
  value(weights: readonly number[]): Promise<number>;
}

/** A step of a selection: this member was added, and the ensemble then had this value on valid. */
export interface Addition {
  /** Index of the member. */
  readonly member: number;
  readonly value: number;
}

export interface Weighed {
  /** One per member, each at least 0 and one above 0. Only their ratios matter. A member of weight 0 takes no part. */
  readonly weights: readonly number[];
  /** The steps that led to them, if there were any. */
  readonly additions?: readonly Addition[];
}

export interface EnsembleKind extends Unit {
  readonly unit: 'ensemble';
  /** One line for lists and help. */
  readonly summary: string;
  /** The published source of the rule, or whose it is. */
  readonly source: string;
  /** Must depend on its argument alone, so that a repeated run has the same weights. */
  weigh(weighing: Weighing): Weighed | Promise<Weighed>;
}

/** Declares weights of an ensemble. */
export const ensembleKind = (spec: Omit<EnsembleKind, 'unit'>): EnsembleKind => ({ ...spec, unit: 'ensemble' });
