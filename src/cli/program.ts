/** From the words of the command line to a command and what was given to it. Parsing is commander's; help and errors are ours. */
import { Command as Commander, CommanderError } from 'commander';
import { nearest } from '../config/options.js';
import { fail } from '../errors.js';
import type { Command, Given } from './_command.js';
import { flagOf, rowsOf, unknownFlag } from './flags.js';
import { outputGroup } from './groups.js';

export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly given: Given }
  /** `topic`: a command, a first word that several commands share, or nothing for all of it. */
  | { readonly kind: 'help'; readonly topic: Command | string | undefined; readonly given: Given }
  | { readonly kind: 'version' };

const silent = { writeOut: () => {}, writeErr: () => {} };

/** @throws RecdistillError `unknown-name`, `unknown-option`, `usage` */
export function parseCommandLine(commands: readonly Command[], words: readonly string[]): Request {
  let request: Request = { kind: 'help', topic: undefined, given: { args: [], flags: {} } };
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
    for (const row of rowsOf([...command.groups, outputGroup])) {
      const flag = flagOf(row.name);
      if (row.kind === 'boolean') sub.option(flag).option(flag.replace('--', '--no-'));
      else sub.option(`${flag} <value>`);
    }
    // The number of arguments is checked below, so that --help works without them.
    sub.argument('[args...]').action((args: string[], { help, ...flags }: Given['flags']) => {
      const given = { args, flags };
      answer(help ? { kind: 'help', topic: command, given } : { kind: 'run', command, given: checked(command, given) });
    });
  }
  const asked = words[0] === 'help' ? [...words.slice(1), '--help'] : words;
  try {
    program.parse([...asked], { from: 'user' });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    explain(cause, commands, asked);
  }
  return request;
}

const quiet = (c: Commander): Commander =>
  c
    .helpOption(false)
    .helpCommand(false)
    .exitOverride()
    .configureOutput(silent)
    .showSuggestionAfterError(false)
    .enablePositionalOptions()
    .option('-h, --help');

/** `data` of `data list`: on its own it shows the help of all its commands. */
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
  if (given.args.length > most) fail('usage', { problem: `${name} does not take "${given.args[most]}"`, hint });
  return given;
}

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
