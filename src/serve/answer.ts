/** Chooses the kind of list for a request: for a known user, from a history, or popular items. */
import type { RankedItem } from '../student/index.js';
import type { Basis } from './basis.js';
import type { Served } from './served.js';

export interface Asked {
  readonly user?: string | undefined;
  /** Items that the user has, including those after training. */
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
  /** Items of the history that the student does not know, if any. */
  readonly unknownItems?: readonly string[];
  readonly recommendations: readonly RankedItem[];
}

/**
 * A known user gets a list from the trained user factors; items given in the request are excluded, too. An unknown user
 * gets a list by fold-in of the given items. If none of them is known, the answer is popular items.
 */
export function answerTo(served: Served, { user, items }: Asked, limits: ListLimits): ListAnswer {
  const { student, popular } = served;
  const known = user !== undefined && student.hasUser(user);
  // The most frequent request.
  if (known && !items?.length)
    return { user, basis: 'user', recommendations: student.recommend(user, optionsOf(limits)) };
  const given = items ?? [];
  const unknown = given.filter((id) => !student.hasItem(id));
  const about = {
    ...(user !== undefined && { user }),
    ...(unknown.length > 0 && { unknownItems: unknown }),
  };
  if (known) {
    const options = optionsOf(limits, limits.includeSeen ? [] : given);
    return { ...about, basis: 'user', recommendations: student.recommend(user, options) };
  }
  if (unknown.length < given.length) {
    return { ...about, basis: 'history', recommendations: student.recommendFromItems(given, optionsOf(limits)) };
  }
  return { ...about, basis: popular.basis, recommendations: popular.list(optionsOf(limits)) };
}

function optionsOf({ k, exclude, candidates, includeSeen }: ListLimits, more?: readonly string[]) {
  const excluded = more && exclude ? [...exclude, ...more] : (more ?? exclude);
  return { k, includeSeen, ...(excluded && { exclude: excluded }), ...(candidates && { candidates }) };
}
