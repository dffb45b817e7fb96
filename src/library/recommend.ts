/** Lists for one user, from a model that serves or from the rankings that a run keeps. */
import { type Rankings, rankingOf } from '../data/index.js';
import { fail } from '../errors.js';
import { type ListOptions, type RankedItem, type Student, StudentError } from '../student/index.js';
import type { Data } from './data.js';

/** The id of a user of the data, or the ids of the items that somebody new has. */
export type Whom = string | { readonly items: readonly string[] };

export type RecommendOptions = ListOptions;

/** `score` is absent where only the order is known. */
export type Recommendation = Omit<RankedItem, 'score'> & Partial<Pick<RankedItem, 'score'>>;

interface Source {
  readonly name: string;
  readonly data: Data;
  readonly rankings: Rankings;
  /** Whether `toStudent` can be called. */
  readonly serves: boolean;
  toStudent(): Student;
}

/** @throws as `Run.recommend` */
export function recommendations(source: Source, whom: Whom, options: RecommendOptions = {}): Recommendation[] {
  if (source.serves) return ask(source.toStudent(), whom, options);
  return typeof whom === 'string' ? listed(source, whom, options) : cannot(source, 'answer for somebody new');
}

export const ask = (student: Student, whom: Whom, options: RecommendOptions = {}): RankedItem[] =>
  typeof whom === 'string' ? student.recommend(whom, options) : student.recommendFromItems(whom.items, options);

/** From the rankings for testing, which hold the best items only. */
function listed(source: Source, userId: string, options: RecommendOptions): Recommendation[] {
  const { data, rankings } = source;
  const { k = 10, exclude = [], filter = () => true, candidates, includeSeen } = options;
  const user = data.users.index.get(userId);
  if (user === undefined)
    throw new StudentError('unknown-user', `${source.name} has no user "${userId}"`, 'Check the id of the user.');
  if (!Number.isSafeInteger(k) || k < 1)
    throw new StudentError(
      'bad-argument',
      `k is ${k}; expected a whole number of at least 1`,
      'Ask for at least one item.',
    );
  if (candidates || includeSeen) cannot(source, `rank ${candidates ? 'chosen candidates' : 'items that a user has'}`);
  const left = new Set(exclude);
  const ids = Array.from(rankingOf(rankings, user), (item) => ({ item, itemId: data.items.ids[item]! }));
  const kept = ids.filter(({ itemId }) => !left.has(itemId) && filter(itemId)).slice(0, k);
  if (kept.length < k && ids.length === rankings.depth && rankings.depth < rankings.nItems)
    cannot(source, `list ${k} items: the run keeps the best ${rankings.depth} of each user`);
  return kept.map(({ item, itemId }, at) => {
    const label = data.itemLabels?.[item];
    return label ? { itemId, label, rank: at + 1 } : { itemId, rank: at + 1 };
  });
}

const cannot = ({ name }: Source, what: string): never =>
  fail('needs-not-met', {
    problem: `${name} cannot ${what}: its scores are no inner products, and only its top lists are kept`,
    hint: 'Ask a run of a model with factors, such as a student of bpr-mf.',
  });
