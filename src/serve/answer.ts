/** Chooses the kind of list for a request: for a known user, from a history, or popular items. */
import { kindOf, type RankedItem, StudentError } from '../student/index.js';
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
 * A user of the bundle gets a list from the trained user factors. What the histories of the server and the request say that they have is
 * excluded, too. Any other user gets a list from these items. If none of them is known, the answer is popular items.
 * @throws StudentError `wrong-kind` for a user without items if the student has no users and there are no histories, `empty-history` if no
 *   item is known and there are no popular items
 */
export function answerTo(served: Served, { user, items }: Asked, limits: ListLimits): ListAnswer {
  const { student, historyOf } = served;
  const stored = user === undefined ? undefined : historyOf?.(user);
  const known = user !== undefined && student.hasUser(user);
  // The most frequent request.
  if (known && !items?.length && !stored)
    return { user, basis: 'user', recommendations: student.recommend(user, optionsOf(limits)) };
  if (user !== undefined && kindOf(student.model) === 'items-only' && !historyOf && !items?.length) {
    const hint =
      'Send the items that the user has ("items" of POST /v1/recommendations), or start the server with --histories FILE.';
    throw new StudentError('wrong-kind', 'the student is of the kind items-only and has no users', hint);
  }
  const all = stored ? [...stored, ...(items ?? [])] : items;
  if (!known) return byItems(served, { user, items: all }, limits);
  const options = optionsOf(limits, limits.includeSeen ? [] : all);
  return { ...aboutItems(served, { user, items }), basis: 'user', recommendations: student.recommend(user, options) };
}

function byItems(served: Served, { user, items = [] }: Asked, limits: ListLimits): ListAnswer {
  const { student, popular } = served;
  const about = aboutItems(served, { user, items });
  if ((about.unknownItems?.length ?? 0) < items.length)
    return { ...about, basis: 'history', recommendations: student.recommendFromItems(items, optionsOf(limits)) };
  if (popular) return { ...about, basis: popular.basis, recommendations: popular.list(optionsOf(limits)) };
  const hint = 'Send at least one item that the student knows.';
  throw new StudentError('empty-history', 'no known item is given, and the bundle has no popular items', hint);
}

/** Runs `work` for one request of a batch. Its errors name the place of the request, from 0. */
export function inBatch<T>(place: number, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof StudentError)) throw cause;
    throw new StudentError(cause.code, `body.requests.${place}: ${cause.message}`, cause.hint);
  }
}

function aboutItems({ student }: Served, { user, items = [] }: Asked): Pick<ListAnswer, 'user' | 'unknownItems'> {
  const unknownItems = items.filter((id) => !student.hasItem(id));
  return { ...(user !== undefined && { user }), ...(unknownItems.length > 0 && { unknownItems }) };
}

function optionsOf({ k, exclude, candidates, includeSeen }: ListLimits, more?: readonly string[]) {
  const excluded = more && exclude ? [...exclude, ...more] : (more ?? exclude);
  return { k, includeSeen, ...(excluded && { exclude: excluded }), ...(candidates && { candidates }) };
}
