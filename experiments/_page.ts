/** A page of results: how its numbers are made, and how they are shown. Showing needs nothing but the numbers. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Kernels } from 'recdistill';

export interface Context {
  readonly kernels: Kernels;
  /** Folder of the runs. What is finished in it is read back. */
  readonly runs: string;
  /** Rounds of a measurement of time. */
  readonly rounds: number;
  readonly say: (text: string) => void;
}

/** Numbers of a page that was first made in another form. */
interface TakenOver {
  /** Says which numbers have fewer digits than a new run would give. */
  readonly takenOver?: string;
}

interface PageSpec<Part, Data> {
  /** Of `docs/results/NAME.md` and `experiments/NAME.json`. */
  readonly name: string;
  /** What the page answers, in one line. */
  readonly title: string;
  /** Data sets in RECDISTILL_DATA, and what else must be there. */
  readonly needs: string;
  /** Default folder of the runs. */
  readonly folder: string;
  /** What can be run by itself, so that parts can run side by side. */
  readonly parts: readonly string[];
  run(part: string, context: Context): Promise<Part>;
  /** @param found of all parts, in their order */
  gather(found: readonly Part[], context: Context): Data | Promise<Data>;
  /** The page without the line that says how it was made; NaN in `data` is a number that is not defined. */
  render(data: Data): Shown;
  /** Seconds of all trainings on two cores, where the numbers have them. */
  seconds?(data: Data): number;
}

export interface Shown {
  readonly title: string;
  /** Behind the line that says how the page was made: Markdown. */
  readonly about?: string;
  readonly sections: readonly string[];
}

export interface Page extends Pick<PageSpec<unknown, unknown>, 'name' | 'title' | 'needs' | 'folder' | 'parts'> {
  /** Runs these parts. @returns the numbers of the page, if these are all parts */
  make(parts: readonly string[], context: Context): Promise<unknown>;
  /** @param json the file of the page's numbers */
  toMarkdown(json: string): string;
  /** Undefined where the numbers do not have it. */
  seconds(json: string): number | undefined;
}

export function definePage<Part, Data>(spec: PageSpec<Part, Data>): Page {
  const { name, title, needs, folder, parts } = spec;
  return {
    ...{ name, title, needs, folder, parts },
    async make(chosen, context) {
      const found: Part[] = [];
      for (const part of chosen) found.push(await spec.run(part, context));
      return parts.every((part) => chosen.includes(part)) ? spec.gather(found, context) : undefined;
    },
    seconds: (json) => spec.seconds?.(parseNumbers(json)),
    toMarkdown(json) {
      const data: Data & TakenOver = parseNumbers(json);
      const { title, about, sections } = spec.render(data);
      const made = `Made by \`npm run experiments -- ${name}\` from the numbers in \`experiments/${name}.json\`.`;
      return `${[`# ${title}`, [made, about, data.takenOver].filter(Boolean).join('\n'), ...sections].join('\n\n')}\n`;
    },
  };
}

/** JSON has null for numbers that are not defined. */
const parseNumbers = (json: string) => JSON.parse(json, (_, value) => (value === null ? Number.NaN : value));

/** What `make` returns, from a file that is written when it is first made. */
export async function kept<T>(file: string, make: () => Promise<T>): Promise<T> {
  if (existsSync(file)) return parseNumbers(readFileSync(file, 'utf8'));
  const made = await make();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(made, null, 1)}\n`);
  return made;
}
