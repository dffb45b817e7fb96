/** Parses the command line into a command, arguments and flags. Tokenised by commander; help and errors are our own. */
import { Command as Commander, CommanderError } from 'commander';
import { fail } from '../../errors.js';
import { nearest } from '../../nearest.js';
import type { OptionRow } from '../../options/describe.js';
import type { Command, FlagValue, Given } from './_command.js';
import { flagOf, rowsOf, unknownFlag } from './flags.js';
import { outputGroup } from './groups.js';
import { isList } from './lists.js';
import { misplacedIn, takesWords } from './misplaced.js';

export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly given: Given }
  /** `topic`: a command, the first word of several commands, or undefined for all commands. */
  | { readonly kind: 'help'; readonly topic: Command | string | undefined; readonly given: Given }
  | { readonly kind: 'version' };

const silent = { writeOut: () => {}, writeErr: () => {} };

/** @throws RecdistillError `unknown-name`, `unknown-option`, `usage` */
export function parseCommandLine(commands: readonly Command[], words: readonly string[]): Request {
  let request: Request = { kind: 'help', topic: undefined, given: { args: [], flags: {} } };
  const asked = words[0] === 'help' ? [...words.slice(1), '--help'] : words;
  const program = quiet(new Commander('recdistill')).option('--json').option('--quiet').option('-V, --version');
  const answer = (given: Request) => {
    request = given;
  };
  program.argument('[command...]').action((unknown: string[], flags: Given['flags']) => {
    if (unknown[0] !== undefined) unknownCommand(unknown[0], firstWords(commands));
    if (flags.version) answer({ kind: 'version' });
  });
  for (const command of commands) {
    const [first, second] = command.name.split(' ') as [string, string?];
    const parent = second === undefined ? program : groupOf(program, first, commands, answer);
    const sub = quiet(parent.command(second ?? first));
    const rows = rowsOf([...command.groups, outputGroup]);
    for (const row of rows) addOption(sub, command, row);
    // The number of arguments is checked below, so that --help works without them.
    sub.argument('[args...]').action((args: string[], { help, ...flags }: Given['flags']) => {
      const found = Object.entries(misplacedIn(asked, rows)).filter(([word]) => args.includes(word));
      const given = { args, flags, ...(found.length > 0 ? { misplaced: Object.fromEntries(found) } : {}) };
      answer(help ? { kind: 'help', topic: command, given } : { kind: 'run', command, given: checked(command, given) });
    });
  }
  try {
    program.parse([...asked], { from: 'user' });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    explain(cause, commands, asked);
  }
  return request;
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

const quiet = (c: Commander): Commander =>
  c
    .helpOption(false)
    .helpCommand(false)
    .exitOverride()
    .configureOutput(silent)
    .showSuggestionAfterError(false)
    .enablePositionalOptions()
    .option('-h, --help');

/** A first word such as `data`: alone it shows the help of its commands. */
function groupOf(
  program: Commander,
  word: string,
  commands: readonly Command[],
  answer: (r: Request) => void,
): Commander {
  const found = program.commands.find((c) => c.name() === word);
  if (found) return found;
  const group = quiet(program.command(word)).option('--json').option('--quiet').argument('[command...]');
  return group.action((words: string[]) => {
    const known = commands.flatMap((c) => (c.name.startsWith(`${word} `) ? [c.name] : []));
    if (words[0] !== undefined) unknownCommand(`${word} ${words[0]}`, known);
    answer({ kind: 'help', topic: word, given: { args: [], flags: {} } });
  });
}

const firstWords = (commands: readonly Command[]): string[] => [...new Set(commands.map((c) => c.name.split(' ')[0]!))];

function unknownCommand(word: string, known: readonly string[]): never {
  const suggestion = nearest(word, known);
  return fail('usage', {
    problem: `there is no command "${word}"`,
    hint: suggestion ? `Did you mean "${suggestion}"?` : `Commands: ${known.join(', ')}.`,
  });
}

function checked({ name, args }: Command, given: Given): Given {
  const missing = args.find((a, at) => a.required && given.args[at] === undefined);
  const most = args.at(-1)?.many ? Number.POSITIVE_INFINITY : args.length;
  const hint = `See --help, or: ${usageOf(name, args)}`;
  if (missing) fail('usage', { problem: `${name} needs ${missing.name}: ${missing.help}`, hint });
  const more = given.args[most];
  if (more !== undefined) {
    const meant = given.misplaced?.[more];
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

function explain(cause: CommanderError, commands: readonly Command[], words: readonly string[]): never {
  const command = commands.find((c) => c.name.split(' ').every((w, at) => words[at] === w));
  const flag = /'([^']*)'/.exec(cause.message)?.[1] ?? '';
  const owner = command?.name ?? 'recdistill';
  const first = words[0] ?? '';
  if (!first.startsWith('-') && !firstWords(commands).includes(first)) unknownCommand(first, firstWords(commands));
  if (cause.code === 'commander.unknownOption') {
    const known = rowsOf([...(command?.groups ?? []), outputGroup]).map((row) => flagOf(row.name));
    const name = flag.split('=')[0]!;
    if (!known.includes(name)) unknownFlag(flag, [...known, '--help'], owner);
    fail('usage', { problem: `${name} is a switch and takes no value`, hint: helpHint(command) });
  }
  const problem =
    cause.code === 'commander.optionMissingArgument'
      ? `${flag.split(' ')[0]} needs a value`
      : cause.message.replace(/^error: /, '');
  return fail('usage', { problem, hint: helpHint(command) });
}

const helpHint = (command: Command | undefined): string => `See: recdistill ${command ? `${command.name} ` : ''}--help`;
