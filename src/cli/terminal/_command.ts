/** The interface of a command. One file and one line in `index.ts` add one. Its flags are made from the option declarations that it names. */
import type { OptionsSchema } from '../../options/options.js';

export interface Argument {
  /** As shown in the usage line, in capitals. */
  readonly name: string;
  readonly help: string;
  readonly required?: boolean;
  /** Takes everything that follows; the last argument only. */
  readonly many?: boolean;
  /** The option that this argument replaces; words after the option's value are further values of it. */
  readonly option?: string;
}

/** Options under one heading of the help. */
export interface OptionGroup {
  readonly title: string;
  /** Owner of the options, in error messages. */
  readonly owner: string;
  readonly schema: OptionsSchema;
  /** Options that are not given have the values that the finished runs recorded, not their defaults. */
  readonly recorded?: true;
  /** Options shown under a heading of their own. */
  readonly apart?: { readonly title: string; readonly names: readonly string[] };
}

/** The text as given; a boolean for a switch; for a list option one text for each time it was given. */
export type FlagValue = string | boolean | readonly string[];

/** The parsed command line. */
export interface Given {
  readonly args: readonly string[];
  /** By option name (camelCase); without defaults. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  /**
   * Arguments that may have been meant as values of the list option before them, with the flags to write instead: a shell expands `*.csv` to
   * `a.csv b.csv`.
   */
  readonly misplaced?: Readonly<Record<string, string>>;
}

/** Messages of a command while it works. Its result is what it returns. */
export interface Console {
  /** Writes a line on stderr, unless --quiet is given. */
  say(text: string): void;
  readonly quiet: boolean;
  /** True if stderr is a terminal that can show a progress bar. */
  readonly terminal: boolean;
  /** The command that starts this program, such as `recdistill` or `node dist/cli/main.js`. */
  readonly program: string;
}

/** The result of a command as text and as JSON; --json chooses what goes to stdout. */
export interface Answer {
  readonly text: string;
  /** JSON values. */
  readonly json: unknown;
  /** The command completed, but found a failure: exit code 1. */
  readonly failed?: boolean;
}

/** What a file in `commands/` exports; name and summary are in the registry. */
export interface CommandBody {
  /** Sentences below the usage line of the help. */
  readonly about?: string;
  readonly args: readonly Argument[];
  /** All groups of the command: the flags that the parser knows. */
  readonly groups: readonly OptionGroup[];
  /** The groups that apply to these arguments and flags; default: all. */
  readonly groupsFor?: (given: Given) => readonly OptionGroup[];
  /** Commands without the program's name, each with a comment. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** True if the command handles SIGINT and SIGTERM itself, as a server does. */
  readonly ownSignals?: true;
  run(given: Given, console: Console): Promise<Answer>;
}

export interface Command extends CommandBody {
  /** One or two words, such as `train` or `data list`. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
}
