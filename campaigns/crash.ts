/**
 * Stops every command that writes at every operation that changes a file, and gives it again. Nothing is drawn at random. The state of the files at
 * each operation is copied while the command works: that is what a process leaves that is killed there. At some operations the process is really
 * killed. Afterwards everything must be as if the command had not been stopped: the same files, with the same bytes apart from times.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Campaign, type CampaignOptions, createTally, type Tally } from './_campaign.js';
import { type CrashCase, cases, files } from './crash/cases.js';
import type { CommandEnd, WatchPlan } from './crash/plan.js';
import { again, watched } from './crash/processes.js';
import { firstDifference, lasting, type Tree, treeOf } from './crash/tree.js';

/** Cases at the same time. */
const AT_ONCE = 2;
/** The short form stops at every n-th operation. */
const SHORT_EVERY = 179;
/** Folders whose commands run in one process. */
const BATCH = 20;
/** Real kills of each command. */
const KILLS = { short: 1, full: 6 };

export const crash: Campaign = {
  name: 'crash',
  summary: 'stop every command that writes at every file operation, and give it again',
  async run(options) {
    const place = mkdtempSync(join(tmpdir(), 'recdistill-crash-'));
    const { RECDISTILL_CRASH_CASE: only } = process.env;
    const wanted = cases.filter((one) => (options.short ? one.short : only === undefined || one.name.includes(only)));
    const tally = createTally(options);
    try {
      const templates = await prepared(place, wanted);
      let next = 0;
      const work = async (): Promise<void> => {
        for (let one = wanted[next++]; one !== undefined; one = wanted[next++])
          await stopped(one, mkdtempSync(join(place, 'case-')), templates.get(keyOf(one))!, tally, options);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return tally.result();
    } finally {
      rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

const keyOf = ({ before }: CrashCase): string => JSON.stringify(before);

/** Folders in which the preparing commands have run. Equal ones are made once. */
async function prepared(place: string, wanted: readonly CrashCase[]): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string>();
  for (const one of wanted) {
    if (folders.has(keyOf(one))) continue;
    const folder = join(place, `template-${folders.size}`);
    mkdirSync(join(folder, 'tmp'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const [ends] = one.before.length === 0 ? [[]] : await again([{ folder, commands: one.before }]);
    const failed = ends === undefined || ends.find(({ code }) => code !== 0);
    if (failed) throw new Error(`the preparation of ${one.name} failed: ${failed === true ? '' : failed.stderr}`);
    folders.set(keyOf(one), folder);
  }
  return folders;
}

/** What a stopped command must come to. */
interface Expected {
  readonly tree: Tree;
  /** What each reader says before and after the command. */
  readonly answers: readonly (readonly string[])[];
}

/** Tries a command that is stopped at each of its operations. */
async function stopped(one: CrashCase, place: string, template: string, tally: Tally, options: CampaignOptions) {
  const { short, say } = options;
  const [folder, copies, trace] = [join(place, 'whole'), join(place, 'copies'), join(place, 'trace')];
  cpSync(template, folder, { recursive: true });
  const every = short ? SHORT_EVERY : Number(process.env.RECDISTILL_CRASH_EVERY ?? 1);
  const plan = { folder, trace, every, killed: join(place, 'killed'), native: one.native ?? false };
  const { code, signal, stderr } = await watched(one, { ...plan, copies });
  await tally.try(`${one.name}, not stopped`, () => {
    if (code !== 0) throw new Error(`it ended with ${signal ?? code}: ${stderr}`);
  });
  if (code !== 0) return;
  const operations = new Map(linesOf(trace).map((line) => line.split('\t') as [string, string]));
  const tree = treeOf(folder);
  const [before, after] = await again([
    { folder: template, commands: one.readers },
    { folder, commands: one.readers },
  ]);
  const expected = { tree, answers: one.readers.map((_, n) => [answerOf(before?.[n]), answerOf(after?.[n])]) };
  const states = existsSync(copies) ? readdirSync(copies) : [];
  say(`${one.name}: ${operations.size} operations, ${states.length} states`);
  const commands = [...one.readers, one.words];
  // Standard input can be read only once in a process.
  const size = one.input === undefined ? BATCH : 1;
  for (let from = 0; from < states.length; from += size) {
    const part = states.slice(from, from + size);
    const tries = part.map((state) => ({ folder: join(copies, state), commands }));
    const ended = await again(tries, one.input);
    for (const [n, state] of part.entries()) {
      const operation = operations.get(state.replace(/-\w+$/, ''));
      await tally.try(`${one.name}, ${state} (${operation})`, () => judge(one, tries[n]!.folder, ended[n], expected));
      rmSync(tries[n]!.folder, { recursive: true, force: true });
    }
  }
  if (!one.parallel && one.input === undefined)
    await failing(one, place, template, tally, { tree, most: operations.size, short });
  await killedReally(one, place, template, tally, {
    plan,
    expected,
    operations,
    count: KILLS[short ? 'short' : 'full'],
  });
}

/** The same with a disk that is full, read-only or forbidden from an operation on: a plain error, and afterwards the command succeeds. */
async function failing(
  one: CrashCase,
  place: string,
  template: string,
  tally: Tally,
  { tree, most, short }: { readonly tree: Tree; readonly most: number; readonly short: boolean },
) {
  const step = short ? most : Number(process.env.RECDISTILL_CRASH_EVERY ?? 1);
  for (const code of ['ENOSPC', 'EROFS', 'EACCES'] as const) {
    const tries = Array.from({ length: Math.ceil(most / step) }, (_, n) => {
      const folder = join(place, `${code}-${n}`);
      cpSync(template, folder, { recursive: true });
      return { folder, commands: [one.words], fault: { code, at: 1 + n * step + (short ? Math.floor(most / 2) : 0) } };
    });
    for (let from = 0; from < tries.length; from += BATCH) {
      const part = tries.slice(from, from + BATCH);
      const failed = await again(part);
      // In another process: the first one has locks that it could not remove.
      const ended = await again(part.map(({ folder, commands }) => ({ folder, commands })));
      for (const [n, { folder, fault }] of part.entries()) {
        await tally.try(`${one.name}, ${code} from operation ${fault.at} on`, () => {
          const [end] = failed[n] ?? [];
          if (end === undefined) throw new Error('the process ended');
          const problem = plainError(end, code);
          if (problem !== undefined) throw new Error(`${problem}: ${end.stderr}`);
          judge({ ...one, readers: [] }, folder, ended[n], { tree, answers: [] });
        });
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
}

/** What is wrong with the error of a command on a disk that fails with `code`. It may succeed if what failed was only a clean-up. */
function plainError({ code: exit, stderr }: CommandEnd, code: string): string | undefined {
  if (exit === 0) return undefined;
  if (exit !== 1) return `it ended with ${exit}`;
  const lines = stderr.split('\n').filter((line) => /^(error|hint): /.test(line));
  if (lines.length !== 2 || !lines[1]!.startsWith('hint: ')) return 'it has not one error with one hint';
  return /cannot write \S+: .*/.test(lines[0]!) && lines[0]!.includes(`(${code})`)
    ? undefined
    : 'the error is not plain';
}

interface RealKills {
  readonly plan: WatchPlan;
  readonly expected: Expected;
  readonly operations: ReadonlyMap<string, string>;
  readonly count: number;
}

/** The same with a process that is killed: the command itself and, with `--jobs`, one of the processes that it starts. */
async function killedReally(one: CrashCase, place: string, template: string, tally: Tally, kills: RealKills) {
  for (const who of ['main', ...(one.parallel ? ['child' as const] : [])] as const) {
    const most = [...kills.operations.keys()].filter((name) => name.startsWith(who)).length;
    // Two children share the operations.
    const range = who === 'child' ? most / 2 : most;
    const steps = Array.from({ length: kills.count }, (_, n) => 1 + Math.floor(((n + 0.5) * range) / kills.count));
    for (const at of new Set(steps)) {
      const folder = join(place, `${who}-${at}`);
      cpSync(template, folder, { recursive: true });
      const killed = join(place, `${who}-${at}.killed`);
      await tally.try(`${one.name}, ${who} killed at operation ${at}`, async () => {
        const { code, signal, stderr } = await watched(one, { ...kills.plan, folder, killed, kill: { who, at } });
        const end = who === 'main' ? signal === 'SIGKILL' : code === 0 && existsSync(killed);
        if (!end) throw new Error(`the killed command ended with ${signal ?? code}: ${stderr}`);
        const [ends] = await again([{ folder, commands: [...one.readers, one.words] }], one.input);
        judge(one, folder, ends, kills.expected);
      });
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** @throws Error that says what is wrong */
function judge(one: CrashCase, folder: string, ends: readonly CommandEnd[] | undefined, { tree, answers }: Expected) {
  if (ends === undefined) throw new Error('the process that gave it again ended');
  one.readers.forEach((words, n) => {
    const [end, allowed] = [ends[n]!, answers[n]!];
    const problem = problemOf(words, end, allowed);
    if (problem !== undefined) throw new Error(`${words.join(' ')} ${problem}: ${end.stdout}${end.stderr}`);
  });
  const { code, stderr } = ends.at(-1)!;
  if (code !== 0) throw new Error(`given again, it ended with ${code}: ${stderr}`);
  const difference = firstDifference(tree, treeOf(folder));
  if (difference !== undefined) throw new Error(difference);
}

/** A reader may say what is not there yet. If it gives an answer, it is that of before or of after. `verify` must find no damage. */
function problemOf(words: readonly string[], end: CommandEnd, allowed: readonly string[]): string | undefined {
  const answer = answerOf(end);
  if (allowed.includes(answer)) return undefined;
  if (/"unexpected"|"ended-early"/.test(end.stdout)) return 'failed';
  // There may be nothing yet to verify.
  if (words[0] === 'verify') return end.code === 1 ? 'found damage' : undefined;
  return end.code === 0 ? 'gave an answer that is neither that of before nor that of after' : undefined;
}

/** The exit code and the answer without times. */
function answerOf(end: CommandEnd | undefined): string {
  try {
    return `${end?.code} ${JSON.stringify(lasting(JSON.parse(end?.stdout ?? '')))}`;
  } catch {
    return `${end?.code} ${end?.stdout}`;
  }
}

const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
