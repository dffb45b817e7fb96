/** Ids of valid and test that do not occur in train: a few are usual; most of them mean that the files do not belong together. */
import { fail } from '../errors.js';
import type { DataOptions } from './options.js';
import type { Pairs, Source } from './pairs.js';
import { type Alike, alikeIn, visible } from './spelling.js';

/** Unknown ids that are known in another spelling: from this share of the ids of a part on, that is no chance. */
const ALIKE_SHARE = 0.05;

/** From this share of unknown ids on there is a warning. */
const MANY = 0.2;

/** Of fewer ids than these, most may well be unknown. */
const FEWEST = 10;

/**
 * Compares the users and items of valid and test with those of train.
 * @param source a ready split: train and test, or train, valid and test
 * @returns warnings, with `unknownIds: keep` in place of errors
 * @throws RecdistillError `bad-data` if most ids of a part are unknown to train, or are known in another spelling
 */
export function checkUnknownIds(
  name: string,
  source: Source,
  { unknownIds }: Pick<DataOptions, 'unknownIds'>,
): string[] {
  const [train, ...others] = source.parts;
  const warnings: string[] = [];
  for (const [k, part] of others.entries()) {
    const partName = k === others.length - 1 ? 'test' : 'valid';
    for (const what of ['users', 'items'] as const) {
      const problem = problemOf(source[what], numbersIn(train!, what), numbersIn(part, what), what, partName);
      if (problem === undefined) continue;
      if (problem.fatal && unknownIds === 'fail') fail('bad-data', { path: name, ...problem });
      warnings.push(problem.problem);
    }
  }
  return warnings;
}

const numbersIn = (pairs: Pairs, what: 'users' | 'items'): Set<number> => new Set(pairs[what]);

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
      ? 'Spell ids alike in all files (a column of whole numbers that was saved as numbers with a fraction is the usual cause). --unknown-ids keep takes them as they are.'
      : 'Check that the files belong together and that --user and --item name the same columns in each. If new users or items are meant, add --unknown-ids keep.',
    fatal: most || spelled,
  };
}

function alikeText({ count, example }: Alike): string {
  const [one, other] = example;
  const [a, b] = [visible(one, other), visible(other, one)];
  return `${count} of them occur there in another spelling (${a} here, ${b} in train)`;
}
