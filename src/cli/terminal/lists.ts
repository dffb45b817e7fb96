/** Options that take several values: separated by commas, by repeating the flag, or as a JSON array. */

import { fail } from '../../errors.js';
import type { OptionRow } from '../../options/describe.js';

/** Parses one value. Text that is not a number stays text, so that the option's own check refuses it. */
type Read = (text: string) => unknown;

/** Whether an option of this kind takes several values. */
export const isList = ({ kind }: Pick<OptionRow, 'kind'>): boolean =>
  kind === 'strings' || kind === 'numbers' || kind === 'paths';

/** For the help of every command that has a list option. */
export const LISTS_HELP =
  'Options with A,B or X,X or PATH may be repeated to give more values. Use a JSON array for values with commas or spaces: \'["a,b","c"]\'. A PATH is never split at commas.';

/**
 * The values of a list option.
 * @param texts one for each time that the flag was given
 * @returns a list; a single path is returned as text
 * @throws RecdistillError `bad-option` for a text that begins with `[` but is not a JSON array of texts or numbers
 */
export function listGiven(row: OptionRow, texts: readonly string[], owner: string, numberOf: Read): unknown {
  if (row.kind === 'paths') {
    const paths = texts.flatMap((text) => jsonTexts(text) ?? [text]);
    return paths.length === 1 ? paths[0] : paths;
  }
  const read = row.kind === 'numbers' ? numberOf : (text: string) => text;
  return texts.flatMap((text) =>
    text.trimStart().startsWith('[') ? jsonArray(row, text, owner) : split(text).map(read),
  );
}

const split = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Values of the wrong type are refused by the option's own check. */
function jsonArray(row: OptionRow, text: string, owner: string): unknown[] {
  const values = parsed(text);
  const wanted = row.kind === 'numbers' ? 'number' : 'string';
  if (Array.isArray(values) && values.every((value) => typeof value === wanted)) return values;
  const example = row.kind === 'numbers' ? '[10,50]' : '["a,b","c"]';
  const what = row.kind === 'numbers' ? 'numbers' : 'texts';
  return fail('bad-option', {
    ...{ option: row.name, owner, given: text },
    expected: `a JSON array of ${what}, because it begins with [`,
    help: `Put it in single quotes, so that the shell keeps the double quotes: '${example}'`,
  });
}

/** A path may begin with `[`, too: only a JSON array of texts is split. */
function jsonTexts(text: string): string[] | undefined {
  const values = text.trimStart().startsWith('[') ? parsed(text) : undefined;
  return Array.isArray(values) && values.length > 0 && values.every((v) => typeof v === 'string') ? values : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
