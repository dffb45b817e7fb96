/** The help that lists the commands, and the layout of help texts. */
import type { CommandEntry } from '../index.js';

export const WIDTH = 100;

/** Help of all commands, or of those that start with the word `topic`. */
export function helpOfAll(program: string, entries: readonly CommandEntry[], topic?: string): string {
  const shown = topic === undefined ? entries : entries.filter((c) => c.name.startsWith(`${topic} `));
  return [
    topic === undefined
      ? 'Train several different recommenders, distil them into one small student, and evaluate it.'
      : `The commands that start with ${topic}.`,
    '',
    `Usage: ${program} ${topic ? `${topic} ` : ''}COMMAND [OPTIONS]`,
    '',
    'Commands:',
    pairs(shown.map((c) => [`${c.name} ${c.usage}`.trimEnd(), c.summary])),
    '',
    `New here? Start with: ${program} demo`,
    `More on a command:    ${program} COMMAND --help`,
  ].join('\n');
}

/** Two columns. The second is wrapped, and starts on a new line if the first is too long. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  const widths = rows.map(([left]) => left.length).filter((n) => n <= 40);
  const left = Math.max(12, ...widths) + 4;
  return rows
    .flatMap(([name, text]) => {
      const lines = wrap(text, WIDTH - left);
      const head = `  ${name}`;
      const first = head.length + 2 > left ? [head] : [`${head.padEnd(left)}${lines.shift() ?? ''}`];
      return [...first, ...lines.map((line) => `${' '.repeat(left)}${line}`)];
    })
    .join('\n');
}

/** Lines of at most `width` characters, unless a word is longer. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
