/** Arguments that may have been meant as values of the list option before them: `--teachers a b`, or `--data *.csv` expanded by the shell. */
import type { OptionRow } from '../../options/describe.js';
import type { Command } from './_command.js';
import { flagOf } from './flags.js';
import { isList } from './lists.js';

/**
 * For each argument that follows the value of a list option: how to write both as values of that option.
 * @param words of the command line, without the command's name
 * @param rows options of the command
 */
export function misplacedIn(words: readonly string[], rows: readonly OptionRow[]): Record<string, string> {
  const lists = new Map(rows.filter(isList).map((row) => [flagOf(row.name), row]));
  const misplaced = new Map<string, string>();
  let row: OptionRow | undefined;
  let values: string[] = [];
  for (const word of words) {
    if (word.startsWith('--')) {
      const [flag, value] = word.split(/=(.*)/s) as [string, string?];
      row = lists.get(flag);
      values = value === undefined ? [] : [value];
    } else if (row) {
      values.push(word);
      if (values.length > 1) misplaced.set(word, asFlags(row, values));
    }
  }
  return Object.fromEntries(misplaced);
}

const asFlags = (row: OptionRow, values: readonly string[]): string =>
  row.kind === 'paths'
    ? values.map((value) => `${flagOf(row.name)} ${value}`).join(' ')
    : `${flagOf(row.name)} ${values.join(',')}`;

/** Whether the option takes all words up to the next flag, because the command has no other arguments. */
export const takesWords = ({ args }: Pick<Command, 'args'>, row: OptionRow): boolean =>
  isList(row) && (args.length === 0 || args.every((argument) => argument.option === row.name));

/** What an argument may have been meant as. @param misplaced by `misplacedIn`; a word may be `constructor`, which every object has */
export const meantAs = (misplaced: Readonly<Record<string, string>> = {}, word: string): string | undefined =>
  Object.hasOwn(misplaced, word) ? misplaced[word] : undefined;
