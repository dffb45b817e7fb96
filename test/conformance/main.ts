/** `npm run conformance -- DIR [--subject NAME]`: exit 0 if no golden case of DIR failed, 1 if any did, 2 = usage. */
import { parseArgs } from 'node:util';
import { type GoldenFolder, readFolder } from './folder.js';
import { checkers } from './index.js';
import { describeVerdict, runCase, type Verdict } from './run.js';

const usage = 'usage: npm run conformance -- DIR [--subject NAME]';

function readArguments(): { dir: string; subject: string | undefined } {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { subject: { type: 'string' } } });
    const [dir, ...more] = positionals;
    if (dir === undefined || more.length > 0) throw new Error('give one folder of golden files');
    return { dir, subject: values.subject };
  } catch (error) {
    return leave((error as Error).message);
  }
}

function read(dir: string): GoldenFolder {
  try {
    return readFolder(dir);
  } catch (error) {
    return leave(`cannot read the folder ${dir}: ${(error as Error).message}`);
  }
}

function leave(problem: string): never {
  process.stderr.write(`conformance: ${problem}\n${usage}\n`);
  process.exit(2);
}

const { dir, subject } = readArguments();
const golden = read(dir);
const wanted = (one: { readonly subject: string }): boolean => subject === undefined || one.subject === subject;
const cases = golden.cases.filter(wanted);
const unreadable = golden.unreadable.filter(wanted);
if (cases.length + unreadable.length === 0) {
  leave(
    subject === undefined ? `${dir} holds no golden file (.json)` : `${dir} holds no case of the subject ${subject}`,
  );
}

let failed = 0;
const say = (verdict: Verdict): void => {
  if (verdict.problem !== undefined) failed += 1;
  process.stdout.write(`${describeVerdict(verdict)}\n`);
};
for (const { subject, name, reason } of unreadable) say({ subject, name, problem: `cannot be read: ${reason}` });
for (const one of cases) say(await runCase(one, checkers));
process.stdout.write(`${cases.length + unreadable.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
