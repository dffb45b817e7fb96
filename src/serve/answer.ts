/** Which list somebody gets: their own, one from their history, or what is popular. */
import type { RankedItem } from '../student/index.js';
import type { Served } from './served.js';

/**
 * Where a list comes from: `user`, the factors of a user of the training data; `history`, fold-in of the items given; `popular` or
 * `average`, nothing is known of them (`Popular.basis`).
 */
export const bases = ['user', 'history', 'popular', 'average'] as const;
export type Basis = (typeof bases)[number];

export interface Asked {
  readonly user?: string | undefined;
  /** Items that they have, newest knowledge included. */
  readonly items?: readonly string[] | undefined;
}

export interface ListLimits {
  readonly k: number;
  readonly exclude?: readonly string[] | undefined;
  readonly candidates?: readonly string[] | undefined;
  readonly includeSeen: boolean;
}

export interface ListAnswer {
  readonly user?: string;
  readonly basis: Basis;
  /** Items of the history that the student does not know, if there are any. */
  readonly unknownItems?: readonly string[];
  readonly recommendations: readonly RankedItem[];
}

/**
 * A known user is answered by the factors that were trained for them, and items given beside are left out as theirs; anybody else by
 * fold-in of the items given; where none of them is known, by what is popular.
 */
export function answerTo({ student, popular }: Served, { user, items = [] }: Asked, limits: ListLimits): ListAnswer {
  const { k, exclude = [], candidates, includeSeen } = limits;
  const options = { k, includeSeen, ...(candidates && { candidates }) };
  const excluding = (more: readonly string[]) =>
    exclude.length + more.length > 0 ? { ...options, exclude: [...exclude, ...more] } : options;
  const name = user === undefined ? {} : { user };
  const unknown = items.filter((id) => !student.hasItem(id));
  const more = unknown.length > 0 ? { unknownItems: unknown } : {};
  if (user !== undefined && student.hasUser(user)) {
    const recommendations = student.recommend(user, excluding(includeSeen ? [] : items));
    return { ...name, basis: 'user', ...more, recommendations };
  }
  if (unknown.length < items.length) {
    return { ...name, basis: 'history', ...more, recommendations: student.recommendFromItems(items, excluding([])) };
  }
  return { ...name, basis: popular.basis, ...more, recommendations: popular.list(excluding([])) };
}
