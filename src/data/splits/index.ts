/** The registry of splits: one line adds one. `given` is missing, because a ready split is read and not computed. */
import { brokenUnit, createRegistry, type NameOr, type Registry } from '../../options/registry.js';
import { fieldProblem } from '../../options/unit-check.js';
import { count, type Interactions, itemsOf } from '../interactions.js';
import { type Parts, type SplitRule, type SplitSpec, splitRule } from './_split.js';
import { hash } from './hash.js';
import { leaveOneOut } from './leave-one-out.js';
import { ratio } from './ratio.js';
import { time } from './time.js';
import { users } from './users.js';

/** The splits of recdistill, by name. */
export const splits = {
  ratio: splitRule({ name: 'ratio', summary: "shares of each user's interactions", divide: ratio }),
  hash: splitRule({
    name: 'hash',
    summary: 'shares by a hash of user and item, the same when the data grows',
    divide: hash,
  }),
  'leave-one-out': splitRule({
    name: 'leave-one-out',
    summary: 'one interaction of each user for valid and one for test',
    divide: leaveOneOut,
  }),
  time: splitRule({ name: 'time', summary: 'shares of all interactions in order of time', divide: time }),
  users: splitRule({ name: 'users', summary: 'shares of the users, held out whole', divide: users }),
} as const satisfies Record<string, SplitRule>;

export type SplitName = keyof typeof splits;

/** Built-in splits, and those that users add. */
export const splitRegistry: Registry<SplitRule> = createRegistry<SplitRule>('split', 'split', splits, (given) =>
  fieldProblem(given, { summary: 'text', divide: 'function' }),
);

/** The split of this name, or the split itself. @throws as `Registry.find` */
export const splitRuleOf = (given: NameOr<SplitName> | SplitRule): SplitRule => splitRegistry.find(given);

/** Splits interactions and validates the parts. @throws RecdistillError `unknown-name`, `broken-unit`, and those of the split */
export function divided(how: string, x: Interactions, spec: SplitSpec): Parts {
  const rule = splitRuleOf(how);
  // The check of a split that users add needs the interactions as they were.
  const own = splitRegistry.isAdded(rule) ? { ...spec, reuse: false } : spec;
  const parts: Parts | undefined = rule.divide(x, own);
  const all = [parts?.train, parts?.valid, parts?.test, ...(parts?.foldIn ? [parts.foldIn] : [])];
  // Costs a sort of every interaction, so only for splits that users add: the built-in ones have tests.
  const hasSameItems = () => !splitRegistry.isAdded(rule) || sameItems(all, x);
  const whole = all.every((part) => part?.nUsers === x.nUsers && part.nItems === x.nItems);
  if (whole && all.reduce((sum, part) => sum + count(part), 0) === count(x) && hasSameItems()) {
    const user = parts.foldIn && wronglyHeldOut({ ...parts, foldIn: parts.foldIn });
    if (user === undefined) return parts;
    return brokenUnit(
      'split',
      rule.name,
      `divide held out user ${user} (counted from 0) in part; with foldIn, a user of foldIn has nothing in train, and every user of valid or test is in foldIn`,
    );
  }
  return brokenUnit(
    'split',
    rule.name,
    'divide must return train, valid and test over the same users and items, with each interaction in one of them',
  );
}

/** The first user who is held out, but not whole, or without a history. */
function wronglyHeldOut({ train, valid, test, foldIn }: Parts & Required<Pick<Parts, 'foldIn'>>): number | undefined {
  const has = (x: Interactions, user: number) => itemsOf(x, user).length > 0;
  const users = Array.from({ length: foldIn.nUsers }, (_, user) => user);
  return users.find((u) => (has(foldIn, u) ? has(train, u) : has(valid, u) || has(test, u)));
}

/** Whether the parts together have exactly the items of each user. */
function sameItems(parts: readonly Interactions[], x: Interactions): boolean {
  for (let user = 0; user < x.nUsers; user++) {
    const items = Int32Array.from(parts.flatMap((part) => [...itemsOf(part, user)])).sort();
    const whole = itemsOf(x, user).slice().sort();
    if (items.length !== whole.length || items.some((item, at) => item !== whole[at])) return false;
  }
  return true;
}
