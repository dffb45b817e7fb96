/** The text of --help: usage, arguments, options with defaults and ranges, examples. */
import type { OptionRow } from '../../options/describe.js';
import { describeOptions } from '../../options/describe.js';
import { useGroup } from '../use.js';
import type { Argument, Command, Given, OptionGroup } from './_command.js';
import { flagOf } from './flags.js';
import { outputGroup } from './groups.js';
import { isList, LISTS_HELP } from './lists.js';
import { pairs, WIDTH, wrap } from './overview.js';
import { usageOf } from './program.js';

/** Help of one command, with the options that apply to the given arguments. */
export function helpOf(program: string, command: Command, given: Given): string {
  const sections = merged([...(command.groupsFor?.(given) ?? command.groups), useGroup, outputGroup]);
  const parts = [
    `${command.summary}.`,
    `Usage: ${program} ${usageOf(command.name, command.args)} [OPTIONS]`,
    ...(command.about ? [aboutText(command.about)] : []),
    ...(command.args.length > 0 ? [`Arguments:\n${pairs(command.args.map(argumentRow))}`] : []),
    ...sections.map(([title, rows]) => `${title}:\n${pairs(rows.map(optionRow))}`),
    ...(sections.some(([, rows]) => rows.some(isList)) ? [wrap(LISTS_HELP, WIDTH).join('\n')] : []),
    `Examples:\n${command.examples.map(([words, what]) => `  # ${what}\n  ${program} ${words}`).join('\n')}`,
  ];
  return parts.join('\n\n');
}

/**
 * A line is a paragraph, or a part of one if the line before has no full stop. An indented line is the entry of a list: a name and its
 * meaning.
 */
const aboutText = (about: string): string =>
  about
    .split('\n')
    .reduce<string[]>((lines, line) => {
      const last = lines.at(-1);
      if (last === undefined || line.startsWith(' ') || /^ |[.:]$/.test(last)) lines.push(line);
      else lines[lines.length - 1] = `${last} ${line}`;
      return lines;
    }, [])
    .flatMap((line) => {
      const [, name = '', meaning = line] = /^( +\S+ +)(.*)$/.exec(line) ?? [];
      const first = name.length;
      return wrap(meaning, WIDTH - first).map((part, at) => `${at === 0 ? name : ' '.repeat(first)}${part}`);
    })
    .join('\n');

const argumentRow = ({ name, help }: Argument): [string, string] => [name, help];

/** Rows by title, each option once. */
function merged(groups: readonly OptionGroup[]): [string, OptionRow[]][] {
  const titles = new Map<string, OptionRow[]>();
  const seen = new Set<string>();
  for (const { title, schema, apart, recorded } of groups) {
    for (const row of describeOptions(schema)) {
      if (seen.has(row.name)) continue;
      seen.add(row.name);
      const heading = apart?.names.includes(row.name) ? apart.title : title;
      const under = recorded ? `${heading} (default: as the finished runs recorded it)` : heading;
      titles.set(under, [...(titles.get(under) ?? []), recorded ? { ...row, default: undefined } : row]);
    }
  }
  return [...titles];
}

function optionRow(row: OptionRow): [string, string] {
  const flag = row.kind === 'boolean' ? switchOf(row) : `${flagOf(row.name)} ${placeholder(row)}`;
  const facts = [row.range, ...defaultOf(row)].filter((fact) => fact !== '');
  return [flag, facts.length > 0 ? `${row.help} (${facts.join('; ')})` : row.help];
}

/** A switch that is on by default is shown as `--[no-]name`. */
const switchOf = ({ name, default: on }: OptionRow): string =>
  on ? flagOf(name).replace('--', '--[no-]') : flagOf(name);

function placeholder({ kind }: OptionRow): string {
  const words = {
    integer: 'N',
    number: 'X',
    numbers: 'X,X',
    strings: 'A,B',
    paths: 'PATH',
    choice: 'WORD',
    string: 'TEXT',
    boolean: '',
    list: 'list',
    group: 'group',
  };
  return words[kind];
}

function defaultOf({ kind, default: value }: OptionRow): string[] {
  const text = Array.isArray(value) ? listText(value) : String(value ?? '');
  return text === '' || (kind === 'boolean' && value === false) ? [] : [`default ${text}`];
}

/** Separated by commas, or as JSON if a value is empty or contains a comma or a space. */
const listText = (values: readonly unknown[]): string =>
  values.every((value) => /^[^\s,[][^,]*$/.test(String(value))) ? values.join(',') : JSON.stringify(values);
