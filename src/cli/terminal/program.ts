/** Parses the words after a command's name into arguments and flags. Tokenised by commander; help and errors are our own. */
import { Command as Commander, CommanderError } from 'commander';
import { fail } from '../../errors.js';
import type { OptionRow } from '../../options/describe.js';
import type { Command, FlagValue, Given } from './_command.js';
import { flagOf, rowsOf, unknownFlag } from './flags.js';
import { outputGroup } from './groups.js';
import { isList } from './lists.js';
import { meantAs, misplacedIn, takesWords } from './misplaced.js';

export type Request =
  | { readonly kind: 'run'; readonly given: Given }
  | { readonly kind: 'help'; readonly given: Given };

/**
 * @param words arguments and flags, without the name of the command
 * @throws RecdistillError `unknown-option`, `usage`
 */
export function parseWords(command: Command, words: readonly string[]): Request {
  let request: Request | undefined;
  const rows = rowsOf([...command.groups, outputGroup]);
  const parser = quiet(new Commander(command.name));
  for (const row of rows) addOption(parser, command, row);
  // The number of arguments is checked below, so that --help works without them.
  parser.argument('[args...]').action((args: string[], { help, ...flags }: Given['flags']) => {
    const found = Object.entries(misplacedIn(words, rows)).filter(([word]) => args.includes(word));
    const given = { args, flags, ...(found.length > 0 ? { misplaced: Object.fromEntries(found) } : {}) };
    request = help ? { kind: 'help', given } : { kind: 'run', given: checked(command, given) };
  });
  try {
    parser.parse([...words], { from: 'user' });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    explain(cause, command, rows);
  }
  return request!;
}

/** @throws RecdistillError `usage` from the parser, if an option of one value is given twice */
function addOption(sub: Commander, command: Command, row: OptionRow): void {
  const flag = flagOf(row.name);
  const twice = (before: FlagValue, now: FlagValue) =>
    fail('usage', {
      problem: `${flag} is given twice: ${spell(flag, before)} and ${spell(flag, now)}`,
      hint: 'Give it once.',
    });
  if (row.kind === 'boolean') {
    const off = flag.replace('--', '--no-');
    let last: boolean | undefined;
    const heard = (now: boolean) => () => {
      if (last === !now) twice(last, now);
      last = now;
    };
    sub.option(flag).option(off);
    sub.on(`option:${flag.slice(2)}`, heard(true)).on(`option:${off.slice(2)}`, heard(false));
  } else if (isList(row)) {
    const collect = (value: string, before: readonly string[] = []) => [...before, value];
    sub.option(`${flag} <value${takesWords(command, row) ? '...' : ''}>`, '', collect);
  } else {
    sub.option(`${flag} <value>`, '', (value: string, before?: string) =>
      before === undefined ? value : twice(before, value),
    );
  }
}

const spell = (flag: string, value: FlagValue): string =>
  typeof value === 'boolean' ? (value ? flag : flag.replace('--', '--no-')) : JSON.stringify(value);

const silent = { writeOut: () => {}, writeErr: () => {} };

const quiet = (c: Commander): Commander =>
  c
    .helpOption(false)
    .helpCommand(false)
    .exitOverride()
    .configureOutput(silent)
    .showSuggestionAfterError(false)
    .option('-h, --help');

function checked({ name, args }: Command, given: Given): Given {
  const missing = args.find((a, at) => a.required && given.args[at] === undefined);
  const most = args.at(-1)?.many ? Number.POSITIVE_INFINITY : args.length;
  const hint = `See --help, or: ${usageOf(name, args)}`;
  if (missing) fail('usage', { problem: `${name} needs ${missing.name}: ${missing.help}`, hint });
  const more = given.args[most];
  if (more !== undefined) {
    const meant = meantAs(given.misplaced, more);
    fail('usage', { problem: `${name} does not take "${more}"`, hint: meant ? misplacedHint(meant) : hint });
  }
  return given;
}

/** @param meant an entry of `Given.misplaced` */
export const misplacedHint = (meant: string): string => `If it is a value of the option before it: ${meant}`;

/** `train MODEL`, `recommend RUN`, `evaluate RUN...`. */
export function usageOf(name: string, args: Command['args']): string {
  const spell = (a: Command['args'][number]) => {
    const word = a.many ? `${a.name}...` : a.name;
    return a.required ? word : `[${word}]`;
  };
  return [name, ...args.map(spell)].join(' ');
}

function explain(cause: CommanderError, { name: owner }: Command, rows: readonly OptionRow[]): never {
  const hint = `See: recdistill ${owner} --help`;
  const flag = /'([^']*)'/.exec(cause.message)?.[1] ?? '';
  if (cause.code === 'commander.unknownOption') {
    const known = rows.map((row) => flagOf(row.name));
    const name = flag.split('=')[0]!;
    if (!known.includes(name)) unknownFlag(flag, [...known, '--help'], owner);
    fail('usage', { problem: `${name} is a switch and takes no value`, hint });
  }
  const problem =
    cause.code === 'commander.optionMissingArgument'
      ? `${flag.split(' ')[0]} needs a value`
      : cause.message.replace(/^error: /, '');
  return fail('usage', { problem, hint });
}
