/** `npm run hashes [-- --write] [--only TEXT] [--threads N]`: exit 0 if all hashes are those of the list, 1 if not, 2 = usage. */
import { parseArgs } from 'node:util';
import { cases } from './index.js';
import { differences, type Hashes, readHashes, writeHashes } from './list.js';
import { runCases } from './run-cases.js';

const usage = `usage: npm run hashes -- [--write] [--only TEXT] [--threads N]
  --write      write the hashes into the list instead of comparing with it
  --only TEXT  only the cases whose name has this text, such as distill/ or model/ease
  --threads N  threads of each command; the hashes do not depend on it (default 2)`;

function readArguments(): { write: boolean; only: string; threads: number } {
  try {
    const { values } = parseArgs({
      options: { write: { type: 'boolean' }, only: { type: 'string' }, threads: { type: 'string' } },
    });
    const threads = Number(values.threads ?? 2);
    if (!Number.isInteger(threads) || threads < 1)
      throw new Error(`--threads is ${values.threads}, not a whole number above 0`);
    const only = values.only ?? '';
    if (!cases.some((c) => c.name.includes(only))) throw new Error(`no case has "${only}" in its name`);
    return { write: values.write ?? false, only, threads };
  } catch (error) {
    process.stderr.write(`hashes: ${(error as Error).message}\n${usage}\n`);
    process.exit(2);
  }
}

const { write, only, threads } = readArguments();
const wanted = cases.filter((c) => c.name.includes(only));
const owned = (name: string): boolean => wanted.some((c) => name.startsWith(`${c.name}/`));
/** Of names in the list that no case has any more, those that the text fits. */
const orphaned = (name: string): boolean => name.includes(only) && !cases.some((c) => name.startsWith(`${c.name}/`));
const pick = (hashes: Hashes, which: (name: string) => boolean): Hashes =>
  new Map([...hashes].filter(([name]) => which(name)));

const began = performance.now();
const { hashes, failed } = await runCases(cases, (c) => wanted.includes(c), threads);
const seconds = Math.round((performance.now() - began) / 1000);

for (const [name, problem] of failed) process.stdout.write(`${name}: failed: ${problem}\n`);
const listed = readHashes();
const found = differences(
  pick(listed, (name) => owned(name) || orphaned(name)),
  hashes,
).filter(({ name }) => ![...failed.keys()].some((c) => name.startsWith(`${c}/`)));
for (const { name, expected, got } of found)
  process.stdout.write(`${name}: expected ${expected ?? 'nothing: it is not in the list'}, got ${got ?? 'nothing'}\n`);

if (write && failed.size === 0)
  writeHashes(new Map([...pick(listed, (name) => !owned(name) && !orphaned(name)), ...hashes]));
const what = write ? (failed.size === 0 ? 'written' : 'not written') : 'compared';
process.stdout.write(
  `${hashes.size} hashes of ${wanted.length} cases ${what} in ${seconds} s: ${found.length} differ, ${failed.size} cases failed\n`,
);
process.exitCode = failed.size > 0 || (found.length > 0 && !write) ? 1 : 0;
