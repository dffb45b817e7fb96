/** Which list somebody gets: their own, one from their history, or what is popular. */
import type { RankedItem } from '../student/index.js';
import type { Basis } from './basis.js';
import type { Served } from './served.js';

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
export function answerTo(served: Served, { user, items }: Asked, limits: ListLimits): ListAnswer {
  const { student, popular } = served;
  const known = user !== undefined && student.hasUser(user);
  // The most frequent request by far.
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
