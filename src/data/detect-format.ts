/** Detects the format of a text file whose name does not tell it. It decides only if exactly one interpretation is possible. */
import { fail } from '../errors.js';
import { isItemName, isUserName } from './column-names.js';
import { splitLine } from './split-line.js';

/** One way to read a text file. */
export interface Reading {
  readonly format: 'csv' | 'jsonl' | 'lists' | 'user-lists';
  /** For `csv`. */
  readonly delimiter?: string;
}

export interface DetectRequest {
  /** For messages. */
  readonly path: string;
  /** The first lines that are not blank. */
  readonly lines: readonly string[];
  /** Column names that the user gave. */
  readonly givenNames: readonly string[];
  /** The file name says that it is a table (`.csv`), so lists are not considered. */
  readonly table: boolean;
  /** The file name says that it holds lists (`users.dat`). */
  readonly listsByName: boolean;
  /** The file is a part of a ready split. Lists that start with their length are then excluded: they do not name their users. */
  readonly ofSplit: boolean;
  /** How an earlier file of the same source was read. It decides if several interpretations are possible. */
  readonly before?: Reading | undefined;
  /** Whether any first word occurs on two lines of the whole file. Called only if the answer matters. */
  usersRepeat?(): Promise<boolean>;
}

/** Number of lines that are inspected. */
export const SAMPLE_LINES = 100;

/** Maximum number of columns of a table without a header. */
const WIDEST = 5;

const DELIMITERS = [',', '\t', ';', '|', '::'] as const;

/** Names of delimiters in messages and in the option `delimiter`. */
const nameOf = (delimiter: string): string => (delimiter === '\t' ? 'tab' : delimiter);

/**
 * The only possible interpretation.
 * @throws RecdistillError `bad-data` if there is none, or several. The message then shows the first row under each
 */
export async function detectFormat(request: DetectRequest): Promise<Reading> {
  const { path, lines, table, before } = request;
  if (lines.length === 0) fail('bad-data', { path, problem: 'has no lines', hint: 'Expected rows of user and item.' });
  if (lines.every(isObject)) return { format: 'jsonl' };
  refuseComments(path, lines[0]!);
  if (request.listsByName && isCounted(lines.slice(0, 1))) return { format: 'lists' };
  const divided = dividedBy(request);
  const words = lines.map((line) => line.trim().split(/\s+/));
  const byWhitespace = dividedByWhitespace(request, words, divided.length > 0);
  const readings: Reading[] = divided.map((delimiter) => ({ format: 'csv', delimiter }));
  if (byWhitespace && divided.includes('\t'))
    return { format: 'csv', delimiter: tabbed(lines, words) ? '\t' : 'whitespace' };
  if (byWhitespace) readings.push({ format: 'csv', delimiter: 'whitespace' });
  if (divided.length === 0 && !table) readings.push(...(await listReadings(request, words)));
  // A table without a header has few columns. Many numbers per line, with each user on one line only, are lists.
  if (byWhitespace && words[0]!.length > WIDEST && readings.some((r) => r.format === 'user-lists')) readings.shift();
  const same = readings.find((r) => r.format === before?.format && r.delimiter === before?.delimiter);
  if (same) return same;
  if (words.every((row) => row.length > 1 && row.slice(1).every((word) => /^\d+:[-+\d.eE]+$/.test(word)))) {
    const hint = 'Write one row of user, item and value for each entry.';
    fail('bad-data', {
      path,
      problem: 'is in LibSVM format (label index:value ...), which is not supported',
      hint,
    });
  }
  const [first, second] = readings;
  if (first && !second) return first;
  if (first) return refuseSeveral(path, lines[0]!, readings);
  const shown = lines[0]!.length > 60 ? `${lines[0]!.slice(0, 60)}...` : lines[0]!;
  return fail('bad-data', {
    path,
    problem: `cannot detect the format; no delimiter splits each of the first ${lines.length} lines into the same number of fields; the first line is ${JSON.stringify(shown)}`,
    hint: 'Expected at least a user and an item on each line, separated by a comma, tab, semicolon, bar, :: or whitespace. Set --delimiter or --format.',
  });
}

/** Rejects comment lines before the data: `% bip weighted` of KONECT and Matrix Market, `# user item`. */
export function refuseComments(path: string, line: string): void {
  const sign = /^([%#])/.exec(line)?.[1];
  if (sign === undefined || (sign === '#' && !/^#\s/.test(line))) return;
  const problem = `begins with a comment, ${JSON.stringify(line.slice(0, 60))}`;
  const hint = `Remove such lines, for example: grep -v '^${sign}' FILE | recdistill ... --data -`;
  fail('bad-data', { path, problem, hint });
}

const isObject = (line: string): boolean => /^\s*\{.*\}\s*$/s.test(line);

/**
 * The delimiters that split every line into the same number of fields, at least two. If there are none: the one that
 * does so for most lines, if for more than half of them.
 */
function dividedBy({ lines, givenNames }: DetectRequest): string[] {
  const widths = DELIMITERS.map((d) => lines.map((line) => splitLine(line, d).length));
  const all = DELIMITERS.filter((_, k) => widths[k]![0]! >= 2 && widths[k]!.every((n) => n === widths[k]![0]));
  // If the header names a user or an item under exactly one delimiter, that delimiter is certain.
  const proved = DELIMITERS.filter((d, k) => {
    const fields = widths[k]![0]! >= 2 ? splitLine(lines[0]!, d) : [];
    return fields.some((field) => givenNames.includes(field) || isUserName(field) || isItemName(field));
  });
  if (proved.length === 1) return proved;
  if (all.length > 0) return all;
  // Lines of another width are reported when the file is read. Lines within a quoted field do not count.
  const agreeing = widths.map((own) => (own[0]! < 2 ? 0 : own.filter((n) => n === own[0]).length));
  const most = Math.max(...agreeing);
  return most * 2 > lines.length ? DELIMITERS.filter((_, k) => agreeing[k] === most) : [];
}

/** Whether tabs split the lines into exactly these words, without other whitespace around them. */
const tabbed = (lines: readonly string[], words: readonly (readonly string[])[]): boolean =>
  lines.every((line, k) => line.split('\t').join(' ') === words[k]!.join(' '));

/** Whether whitespace plausibly separates the fields: every line has the same number of words. */
function dividedByWhitespace(
  { lines, givenNames, table }: DetectRequest,
  words: readonly (readonly string[])[],
  hasOther: boolean,
): boolean {
  const width = words[0]!.length;
  if (width < 2 || words.some((row) => row.length !== width)) return false;
  // Numbers only: the comma in `1 31 4,5` is a decimal mark, the commas in `1, 31, 4` are delimiters.
  const numbers = words.every((row) => row.every((word) => /^-?\d+([.,]\d+)?$/.test(word)));
  const header = words[0]!.some((word) => givenNames.includes(word) || isUserName(word) || isItemName(word));
  return numbers || (!hasOther && (header || (!table && lines.length > 1)));
}

/** Whether every line is a count followed by that many numbers. */
const isCounted = (lines: readonly string[]): boolean =>
  lines.every((line) => {
    const words = line.trim().split(/\s+/);
    return words.every((word) => /^\d+$/.test(word)) && Number(words[0]) === words.length - 1;
  });

async function listReadings(request: DetectRequest, words: readonly (readonly string[])[]): Promise<Reading[]> {
  const { ofSplit, usersRepeat } = request;
  const width = words[0]!.length;
  const digits = words.every((row) => row.every((word) => /^\d+$/.test(word)));
  if (!digits || words.every((row) => row.length === 1)) return [];
  const oneWidth = words.every((row) => row.length === width);
  const counted = !ofSplit && isCounted(request.lines);
  // Lists of different lengths start with their length on purpose, not by chance.
  if (counted && !oneWidth) return [{ format: 'lists' }];
  const lists: Reading[] = counted ? [{ format: 'lists' }] : [];
  // With two words per line both interpretations give a user and an item.
  if (oneWidth && width === 2) return lists;
  // Each user has one list. A user on several lines means a table.
  const repeats = new Set(words.map(([user]) => user)).size < words.length || (oneWidth && (await usersRepeat?.()));
  return repeats && oneWidth ? lists : [{ format: 'user-lists' }, ...lists];
}

function refuseSeveral(path: string, line: string, readings: readonly Reading[]): never {
  const described = readings.map((reading) => `${optionsOf(reading)}: ${firstRow(line, reading)}`);
  return fail('bad-data', {
    path,
    problem: `can be read in ${readings.length} ways with different results. Its first line ${JSON.stringify(line.slice(0, 60))} means\n  ${described.join('\n  ')}`,
    hint: `Choose one, for example ${optionsOf(readings.at(-1)!)} (or ${optionsOf(readings[0]!)}).`,
  });
}

const optionsOf = ({ format, delimiter }: Reading): string =>
  delimiter === undefined ? `--format ${format}` : `--delimiter '${nameOf(delimiter)}'`;

/** The first line under one interpretation. */
function firstRow(line: string, { format, delimiter }: Reading): string {
  const words = line.trim().split(/\s+/);
  if (format === 'lists') return `user 0 with ${words[0]} items: ${some(words.slice(1))}`;
  if (format === 'user-lists') return `user ${words[0]} with the items ${some(words.slice(1))}`;
  const [user, item, ...rest] = delimiter === 'whitespace' ? words : splitLine(line, delimiter!);
  const more = rest.length > 0 ? `, then ${some(rest)}` : '';
  return `user ${user}, item ${item}${more}`;
}

const some = (words: readonly string[]): string => `${words.slice(0, 5).join(' ')}${words.length > 5 ? ' ...' : ''}`;
