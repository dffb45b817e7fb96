/** Words behind the value of a list option that became arguments: `--teachers a b`, or `--data *.csv` after the shell had its turn. */
import type { OptionRow } from '../../options/describe.js';
import type { Command } from './_command.js';
import { flagOf } from './flags.js';
import { isList } from './lists.js';

/**
 * For each argument that follows the value of a list option, how to write both as values of that option.
 * @param words of the command line, without those of the command's name
 * @param rows options of the command
 */
export function straysIn(words: readonly string[], rows: readonly OptionRow[]): Record<string, string> {
  const lists = new Map(rows.filter(isList).map((row) => [flagOf(row.name), row]));
  const strays: Record<string, string> = {};
  let row: OptionRow | undefined;
  let values: string[] = [];
  for (const word of words) {
    if (word.startsWith('--')) {
      const [flag, value] = word.split(/=(.*)/s) as [string, string?];
      row = lists.get(flag);
      values = value === undefined ? [] : [value];
    } else if (row) {
      values.push(word);
      if (values.length > 1) strays[word] = spelled(row, values);
    }
  }
  return strays;
}

const spelled = (row: OptionRow, values: readonly string[]): string =>
  row.kind === 'paths'
    ? values.map((value) => `${flagOf(row.name)} ${value}`).join(' ')
    : `${flagOf(row.name)} ${values.join(',')}`;

/** Whether the option takes all words up to the next flag: nothing else of the command can be meant by them. */
export const takesWords = ({ args }: Pick<Command, 'args'>, row: OptionRow): boolean =>
  isList(row) && (args.length === 0 || args.every((argument) => argument.option === row.name));
