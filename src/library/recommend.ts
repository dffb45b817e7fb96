/** Recommendations for one user, by a served model or from the stored rankings of a run. */
import { isHeldOut, itemsOf, knownItems, type Rankings, rankingOf } from '../data/index.js';
import { fail } from '../errors.js';
import { checkId, checkOptions } from '../student/arguments.js';
import { kindOf, type ListOptions, type RankedItem, type Student, StudentError } from '../student/index.js';
import type { Data } from './data.js';

/** A user id of the data, or the item ids of a new user. */
export type UserOrItems = string | { readonly items: readonly string[] };

const isNew = (user: UserOrItems): user is Exclude<UserOrItems, string> => typeof user === 'object' && user !== null;

export type RecommendOptions = ListOptions;

/** `score` is absent if only the order is known. */
export type Recommendation = Omit<RankedItem, 'score'> & Partial<Pick<RankedItem, 'score'>>;

interface Source {
  readonly name: string;
  readonly data: Data;
  readonly rankings: Rankings;
  /** Whether `toStudent` is supported. */
  readonly serves: boolean;
  toStudent(): Student;
}

/** @throws as `Run.recommend` */
export function recommendations(source: Source, user: UserOrItems, options: RecommendOptions = {}): Recommendation[] {
  if (source.serves) {
    const student = source.toStudent();
    const isKnown = kindOf(student.model) === 'users-and-items' && !isNew(user) && !isHeldOut(source.data, user);
    if (isNew(user) || isKnown) return ask(student, user, options);
    return byHistory(student, source.data, user, options);
  }
  return isNew(user) ? cannot(source, 'recommend for new users') : listed(source, user, options);
}

export const ask = (student: Student, user: UserOrItems, options: RecommendOptions = {}): RankedItem[] =>
  isNew(user) ? student.recommendFromItems(user.items, options) : student.recommend(user, options);

/** @param data says what its filters dropped */
const absentHint = ({ leftOut = [] }: Data, hint: string): string =>
  leftOut.length > 0 ? `${hint} Filters dropped some of the data: ${leftOut.join('; ')}.` : hint;
/**
 * For a user of the data whom the student does not have: the scores of the items in train, or of the history of a user who is held out whole,
 * without those that are held out.
 */
function byHistory(student: Student, data: Data, userId: string, options: RecommendOptions): RankedItem[] {
  const user = data.users.index.get(userId);
  if (user === undefined) {
    checkId(userId, 'user');
    throw new StudentError(
      'unknown-user',
      `${data.name} has no user "${userId}"`,
      absentHint(data, 'Give the items of a new user.'),
    );
  }
  const idsIn = ({ indptr, indices }: Data['train']): string[] =>
    Array.from(indices.subarray(indptr[user]!, indptr[user + 1]!), (item) => data.items.ids[item]!);
  const exclude = [...(options.exclude ?? []), ...(options.includeSeen ? [] : heldOutParts(data).flatMap(idsIn))];
  return student.recommendFromItems(idsIn(knownItems(data)), { ...options, exclude });
}

/** The parts with items that a user has and the model was not given. */
const heldOutParts = ({ valid, test, hidden }: Data): Data['train'][] => [
  ...[valid, test],
  ...(hidden ? [hidden.interactions] : []),
];

/** From the stored test rankings, which contain the top items only, without those that the user has in test. */
function listed(source: Source, userId: string, options: RecommendOptions): Recommendation[] {
  checkOptions(options, 'list');
  const { data, rankings } = source;
  const { k = 10, exclude = [], filter = () => true, candidates, includeSeen } = options;
  const user = data.users.index.get(userId);
  if (user === undefined) {
    checkId(userId, 'user');
    throw new StudentError(
      'unknown-user',
      `${source.name} has no user "${userId}"`,
      absentHint(data, 'Check the user id.'),
    );
  }
  if (!Number.isSafeInteger(k) || k < 1)
    throw new StudentError(
      'bad-argument',
      `k is ${k}; expected a whole number of at least 1`,
      'Request at least one item.',
    );
  if (candidates || includeSeen) cannot(source, `rank ${candidates ? 'chosen candidates' : 'seen items'}`);
  const own = heldOutParts(data).flatMap((part) => Array.from(itemsOf(part, user), (item) => data.items.ids[item]!));
  const left = new Set([...exclude, ...own]);
  const ids = Array.from(rankingOf(rankings, user), (item) => ({ item, itemId: data.items.ids[item]! }));
  const kept = ids.filter(({ itemId }) => !left.has(itemId) && filter(itemId)).slice(0, k);
  if (kept.length < k && ids.length === rankings.depth && rankings.depth < rankings.nItems)
    cannot(source, `list ${k} items: the run stores the top ${rankings.depth} of each user`);
  return kept.map(({ item, itemId }, at) => {
    const label = data.itemLabels?.[item];
    return label ? { itemId, label, rank: at + 1 } : { itemId, rank: at + 1 };
  });
}

const cannot = ({ name }: Source, what: string): never =>
  fail('needs-not-met', {
    problem: `${name} cannot ${what}: its scores are not inner products, and only its top lists are stored`,
    hint: 'Use a run of a model with factors, such as a bpr-mf student.',
  });
