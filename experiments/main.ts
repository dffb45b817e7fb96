/** `npm run experiments -- NAME`: makes the numbers of a page and writes it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createKernels, fail, RecdistillError } from 'recdistill';
import { resultTable } from 'recdistill/report';
import type { Context, Page } from './_page.js';
import { numbersOf, pageOf } from './files.js';
import { pages } from './pages/index.js';

const HELP = `Makes a page of docs/results: trains what it needs and writes experiments/NAME.json and docs/results/NAME.md.
Finished runs are read back, so a page that was stopped goes on.

  npm run experiments                          lists the pages
  npm run experiments -- NAME                  makes one
  npm run experiments -- NAME --part PART      only a part, in the same runs folder; writes nothing
  npm run experiments -- NAME... --from-json   writes pages again from their numbers, without training; all without a name

Options:
  --runs FOLDER   folder of the runs
  --threads N     threads to compute with
  --rounds N      rounds of a measurement of time (5)`;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        ...{ runs: { type: 'string' }, threads: { type: 'string' }, rounds: { type: 'string', default: '5' } },
        ...{ part: { type: 'string', multiple: true }, 'from-json': { type: 'boolean' }, help: { type: 'boolean' } },
      },
    });
  } catch (error) {
    return fail('usage', { problem: error instanceof Error ? error.message : String(error), hint: HELP });
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    fail('bad-option', { option, owner: 'experiments', given: text, expected: 'a whole number from 1' });
  return number;
}

const named = (name: string): Page =>
  pages.find((page) => page.name === name) ??
  fail('unknown-name', { kind: 'page', given: name, known: pages.map((page) => page.name).join(', ') });

function secondsOf({ name, seconds }: Page): number | undefined {
  return existsSync(numbersOf(name)) ? seconds(readFileSync(numbersOf(name), 'utf8')) : undefined;
}

const list = () =>
  resultTable({
    columns: [
      { id: 'name', title: 'page', kind: 'text' },
      { id: 'took', title: 'trainings took', kind: 'seconds' },
      { id: 'needs', title: 'needs', kind: 'text' },
      { id: 'title', title: 'what it shows', kind: 'text' },
    ],
    rows: pages.map((page) => ({
      cells: { name: page.name, took: secondsOf(page), needs: page.needs, title: page.title },
    })),
    notes: ['Times are of two cores, where the numbers have them. Data sets are read from RECDISTILL_DATA.'],
  });

function write({ name, toMarkdown }: Page, json: string): void {
  writeFileSync(pageOf(name), toMarkdown(json));
  say(`written: docs/results/${name}.md`);
}

function writeAgain(names: readonly string[]): void {
  const chosen = names.length > 0 ? names.map(named) : pages.filter((page) => existsSync(numbersOf(page.name)));
  for (const page of chosen) {
    const file = numbersOf(page.name);
    if (!existsSync(file))
      fail('file-missing', { path: file, hint: `Make it with "npm run experiments -- ${page.name}".` });
    write(page, readFileSync(file, 'utf8'));
  }
}

async function make(page: Page, parts: readonly string[], context: Context): Promise<void> {
  const stray = parts.find((part) => !page.parts.includes(part));
  if (stray !== undefined)
    fail('unknown-name', { kind: `part of ${page.name}`, given: stray, known: page.parts.join(', ') });
  const numbers = await page.make(parts, context);
  if (numbers === undefined) return;
  const json = `${JSON.stringify(numbers, null, 1)}\n`;
  writeFileSync(numbersOf(page.name), json);
  write(page, json);
}

async function main(): Promise<void> {
  const { values, positionals } = read();
  if (values.help) return say(HELP);
  if (values['from-json']) return writeAgain(positionals);
  const [name, ...more] = positionals;
  if (name === undefined) return void process.stdout.write(`${list().toText()}\n`);
  if (more.length > 0) fail('usage', { problem: `there is more than one page: ${positionals.join(', ')}`, hint: HELP });
  const page = named(name);
  const rounds = wholeNumber('rounds', values.rounds);
  const threads = values.threads === undefined ? {} : { threads: wholeNumber('threads', values.threads) };
  const kernels = createKernels(threads);
  try {
    await make(page, values.part ?? page.parts, { kernels, runs: values.runs ?? page.folder, rounds, say });
  } finally {
    kernels.close();
  }
}

try {
  await main();
} catch (error) {
  const known = error instanceof RecdistillError;
  say(`experiments: ${error instanceof Error ? error.message : String(error)}${known ? `\n${error.hint}` : ''}`);
  process.exitCode = known ? error.exitCode : 1;
}
