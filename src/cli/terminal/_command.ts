/** What a command is. One file and one line in `index.ts` add one; its flags follow from the option declarations that it names. */
import type { OptionsSchema } from '../../options/options.js';

export interface Argument {
  /** As shown in the usage line, in capitals. */
  readonly name: string;
  readonly help: string;
  readonly required?: boolean;
  /** Takes everything that follows; the last argument only. */
  readonly many?: boolean;
  /** The option that this is another way to give, so that a word behind the option's value is its next value. */
  readonly option?: string;
}

/** Options under one heading of the help. */
export interface OptionGroup {
  readonly title: string;
  /** Who the options belong to, in error messages. */
  readonly owner: string;
  readonly schema: OptionsSchema;
  /** Options of it that stand under a heading of their own. */
  readonly apart?: { readonly title: string; readonly names: readonly string[] };
}

/** The text as given; true or false for a switch; for an option that takes several values the text of each time it was given. */
export type FlagValue = string | boolean | readonly string[];

/** What stood on the command line. */
export interface Given {
  readonly args: readonly string[];
  /** By option name (camelCase). What was not given is absent. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  /**
   * What to write instead, by argument, for one that stands behind the value of a list option and may have been meant for it: a shell puts
   * `a.csv b.csv` in place of `*.csv`.
   */
  readonly strays?: Readonly<Record<string, string>>;
}

/** How a command talks while it works. Its result is what it returns. */
export interface Console {
  /** A line on stderr; nothing with --quiet. */
  say(text: string): void;
  readonly quiet: boolean;
  /** True if stderr is a terminal, where a moving bar can be shown. */
  readonly terminal: boolean;
  /** How the user calls this program, such as `recdistill` or `node dist/cli/main.js`. */
  readonly program: string;
}

/** The result of a command in both forms; one of them goes to stdout. */
export interface Answer {
  readonly text: string;
  /** JSON values. */
  readonly json: unknown;
  /** The command did its work, and what it found is bad: exit code 1. */
  readonly failed?: boolean;
}

export interface Command {
  /** One or two words, such as `train` or `data list`. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Sentences for the help, below the usage line. */
  readonly about?: string;
  readonly args: readonly Argument[];
  /** Every group that any use of the command may have: the flags that the parser knows. */
  readonly groups: readonly OptionGroup[];
  /** The groups that hold for this use, where arguments or flags decide that. */
  readonly groupsFor?: (given: Given) => readonly OptionGroup[];
  /** Without the program's name, each with a word on what it does. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  run(given: Given, console: Console): Promise<Answer>;
}
