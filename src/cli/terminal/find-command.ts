/** Finds the command of a command line without loading any: `--version` and the overview need none. */
import { fail } from '../../errors.js';
import { nearest } from '../../nearest.js';
import type { CommandEntry } from '../index.js';

export type Found =
  | { readonly kind: 'version' }
  /** `topic`: the first word of several commands; undefined for all commands. */
  | { readonly kind: 'overview'; readonly topic: string | undefined }
  /** `words`: arguments and flags of the command, without its name. */
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly words: readonly string[] };

const HELP = ['--help', '-h'];
const VERSION = ['--version', '-V'];
/** Flags that may come before the name of a command. */
const BEFORE = ['--json', '--quiet', ...HELP, ...VERSION];

/** @throws RecdistillError `usage` for an unknown command, `unknown-option` for an unknown flag before it */
export function findCommand(entries: readonly CommandEntry[], words: readonly string[]): Found {
  const asked = words[0] === 'help' ? [...words.slice(1), '--help'] : words;
  const { flags, word: first, rest } = split(asked);
  if (first === undefined) {
    return flags.some((f) => VERSION.includes(f)) ? { kind: 'version' } : { kind: 'overview', topic: undefined };
  }
  const single = entries.find(({ name }) => name === first);
  if (single) return { kind: 'command', entry: single, words: [...flags, ...rest] };
  const group = entries.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length === 0) unknownCommand(first, [...new Set(entries.map(({ name }) => name.split(' ')[0]!))]);
  const { flags: more, word: second, rest: last } = split(rest);
  if (second === undefined) return { kind: 'overview', topic: first };
  const name = `${first} ${second}`;
  const entry =
    group.find((e) => e.name === name) ??
    unknownCommand(
      name,
      group.map((e) => e.name),
    );
  return { kind: 'command', entry, words: [...flags, ...more, ...last] };
}

/** The flags before the first other word, that word, and what follows. */
function split(words: readonly string[]) {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const flags = at < 0 ? words : words.slice(0, at);
  const unknown = flags.find((flag) => !BEFORE.includes(flag));
  if (unknown !== undefined) {
    const suggestion = nearest(unknown, BEFORE);
    fail('unknown-option', { owner: 'recdistill', option: unknown, suggestion, known: BEFORE.join(' ') });
  }
  return { flags, word: at < 0 ? undefined : words[at], rest: at < 0 ? [] : words.slice(at + 1) };
}

function unknownCommand(word: string, known: readonly string[]): never {
  const suggestion = nearest(word, known);
  return fail('usage', {
    problem: `there is no command "${word}"`,
    hint: suggestion ? `Did you mean "${suggestion}"?` : `Commands: ${known.join(', ')}.`,
  });
}
