/** Assigns the columns of a file of rankings to roles: by the given names, by well-known names, or (user, item) by position. */
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { KNOWN_NAMES, named, simplify } from './column-names.js';
import type { RankingOptions } from './ranking-options.js';
import type { Column, Table } from './readers/_reader.js';

export interface RankingColumns {
  readonly user: Column;
  readonly item: Column;
  readonly order: 'rank' | 'score';
  /** The rank or the score. */
  readonly value: Column;
  readonly teacher?: Column;
  readonly checkpoint?: Column;
}

type Role = 'user' | 'item' | 'rank' | 'score' | 'teacher' | 'checkpoint';

/** Well-known names of each role, in lower case, without spaces, dashes and underscores. */
const NAMES: { readonly [role in Role]: readonly string[] } = {
  user: KNOWN_NAMES.user,
  item: KNOWN_NAMES.item,
  rank: ['rank', 'position'],
  score: ['score', 'prediction', 'rating'],
  teacher: ['teacher', 'model', 'recommender', 'algorithm'],
  checkpoint: ['checkpoint', 'epoch'],
};

/**
 * Finds the columns of a table of rankings.
 * @throws RecdistillError `bad-data` if a given column is missing, if user or item cannot be identified, if there is
 *   neither a rank nor a score, or both, or if one column would have two roles
 */
export function mapRankingColumns(path: string, table: Table, given: RankingOptions): RankingColumns {
  const refuse = (problem: string, hint: string): never => fail('bad-data', { path, problem, hint });
  const found = (role: Role): Column | undefined => {
    const name = given[role];
    if (name === 'none' && role !== 'user' && role !== 'item') return undefined;
    if (name !== undefined) return named(path, table.columns, name);
    if (table.named) return table.columns.find((c) => NAMES[role].includes(simplify(c.name)));
    return role === 'user' ? table.columns[0] : role === 'item' ? table.columns[1] : undefined;
  };
  const names = table.columns.map((c) => c.name).join(', ');
  const header = table.named ? '' : ' If the first row names the columns, add --header yes.';
  const required = (role: 'user' | 'item'): Column =>
    found(role) ??
    refuse(`cannot identify the ${role} column; columns found: ${names}`, `Name it with --${role}.${header}`);
  const [user, item] = [required('user'), required('item')];

  // A column given as an option takes precedence over one with a well-known name.
  const [wantsRank, wantsScore] = [given.rank, given.score].map((name) => name !== undefined && name !== 'none');
  const rank = wantsScore && !wantsRank ? undefined : found('rank');
  const score = wantsRank && !wantsScore ? undefined : found('score');
  if (rank && score) {
    refuse(
      `has both a rank (${rank.name}) and a score (${score.name}); exactly one can define the order`,
      'Choose one with --rank or --score.',
    );
  }
  const value =
    rank ??
    score ??
    refuse(`has neither a rank nor a score; columns found: ${names}`, `Name one with --rank or --score.${header}`);
  const [teacher, checkpoint] = [found('teacher'), found('checkpoint')];
  const columns: RankingColumns = {
    ...{ user, item, value, order: rank ? 'rank' : 'score' },
    ...defined({ teacher, checkpoint }),
  };
  const roles = Object.entries({ user, item, [columns.order]: value, teacher, checkpoint });
  for (const [k, [role, column]] of roles.entries()) {
    const other = roles.slice(0, k).find(([, before]) => column !== undefined && before === column);
    if (other)
      refuse(
        `the column ${column!.name} cannot be both ${other[0]} and ${role}`,
        'Choose different columns with --user, --item, --rank or --score, --teacher, --checkpoint.',
      );
  }
  return columns;
}
