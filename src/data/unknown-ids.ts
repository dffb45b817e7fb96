/** Checks for ids of valid and test that do not occur in train. A few are normal; a majority means unrelated files. */
import { fail } from '../errors.js';
import type { DataOptions } from './options.js';
import { isMerged, type PartRows, type Source } from './pairs.js';
import { type Alike, alikeIn, visible } from './similar-ids.js';

/** If at least this share of a part's ids occurs in train in a different notation, it is not a coincidence. */
const ALIKE_SHARE = 0.05;

/** Share of unknown ids from which on there is a warning. */
const MANY = 0.2;

/** With fewer ids than this, a majority of unknown ids is not an error. */
const FEWEST = 10;

/**
 * Compares the users and items of valid and test with those of train.
 * @param source a ready split: train and test, or train, valid and test, or these and the histories of held-out users
 * @returns warnings. With `unknownIds: keep` they replace the errors
 * @throws RecdistillError `bad-data` if most ids of a part do not occur in train, or occur there in a different notation
 */
export function checkUnknownIds(
  name: string,
  source: Source,
  { unknownIds }: Pick<DataOptions, 'unknownIds'>,
): string[] {
  const [train, ...others] = source.parts;
  // Users who are held out whole are in their file of histories instead of train.
  const foldIn = source.foldIn ? others.pop() : undefined;
  const known = (what: 'users' | 'items') => numbersIn((what === 'users' && foldIn) || train!, what);
  const warnings: string[] = [];
  for (const [k, part] of others.entries()) {
    const partName = k === others.length - 1 ? 'test' : 'valid';
    for (const what of ['users', 'items'] as const) {
      const problem = problemOf(source[what], known(what), numbersIn(part, what), what, partName);
      if (problem === undefined) continue;
      if (problem.fatal && unknownIds === 'fail') fail('bad-data', { path: name, ...problem });
      warnings.push(problem.problem);
    }
  }
  return warnings;
}

function numbersIn(part: PartRows, what: 'users' | 'items'): Set<number> {
  if (!isMerged(part)) return new Set(part[what]);
  const rows = what === 'users' ? part.userRows : part.itemRows;
  const found = new Set<number>();
  for (let id = 0; id < rows.length; id++) if (rows[id]! > 0) found.add(id);
  return found;
}

interface Problem {
  readonly problem: string;
  readonly hint: string;
  readonly fatal: boolean;
}

function problemOf(
  ids: readonly string[],
  train: ReadonlySet<number>,
  part: ReadonlySet<number>,
  what: string,
  partName: string,
): Problem | undefined {
  const unknown = [...part].filter((id) => !train.has(id)).map((id) => ids[id]!);
  if (unknown.length === 0) return undefined;
  const alike = alikeIn(
    unknown,
    Array.from(train, (id) => ids[id]!),
  );
  const most = part.size >= FEWEST && unknown.length * 2 > part.size;
  const spelled = alike !== undefined && (alike.count * 2 >= unknown.length || alike.count >= ALIKE_SHARE * part.size);
  const many = part.size >= FEWEST && unknown.length >= MANY * part.size;
  if (!many && !alike) return undefined;
  const example = JSON.stringify(unknown[0]);
  const counted = `${unknown.length} of the ${part.size} ${what} of ${partName} do not occur in train, such as ${example}`;
  return {
    problem: alike ? `${counted}; ${alikeText(alike)}` : counted,
    hint: spelled
      ? 'Write ids the same way in all files. The usual cause is a column of whole numbers that was saved as floats. --unknown-ids keep accepts them as they are.'
      : 'Check that the files belong together and that --user and --item select the same columns in each. If these are really new users or items, add --unknown-ids keep.',
    fatal: most || spelled,
  };
}

function alikeText({ count, example }: Alike): string {
  const [one, other] = example;
  const [a, b] = [visible(one, other), visible(other, one)];
  return `${count} of them occur there in a different notation (${a} here, ${b} in train)`;
}
