/** `npm run bench -- ROW`: our work against the same work in a peer. */
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { fail, RecdistillError } from 'recdistill';
import { arithmeticOf, hasWideVectors, useWideVectors } from 'recdistill/kernels';
import type { BenchRow, PeerForm } from './_row.js';
import { contended, contendedText } from './contended.js';
import { type BenchData, loadBenchData } from './data.js';
import { judge, ratiosOf, readRecorded, type Verdict, writeRecorded } from './guard.js';
import { ALLOCATORS, type Allocator, type CaseReport, pair } from './pair.js';
import type { PeerCommand } from './peer.js';
import { findPython, setUpPython } from './python.js';
import { allMatched, reportText, rowReport } from './report.js';
import { rows } from './rows/index.js';

interface Flags {
  readonly json?: true;
  readonly data?: string;
  readonly case?: string;
  readonly rounds: number;
  readonly threads: number;
  readonly python?: string;
  readonly patience: number;
  readonly arithmetic?: string;
  readonly check?: true;
  readonly record?: true;
}

/** The sources of the benchmark: this file runs from build/bench. */
const benchFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bench');
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  // As the command line does.
  useWideVectors();
  const program = new Command('bench')
    .description('Times our work against the same work in PyTorch, in turns, after comparing the results.')
    .argument(
      '[row]',
      'which work; without it the rows are listed; "contended" compares with busy neighbours; "setup" makes bench/.venv with PyTorch',
    )
    .option('--case <name>', 'only this case of the row')
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .option(
      '--data <folder>',
      'folder with train.tsv, valid.tsv, test.tsv, or a folder that holds citeulike-hetcomp-split',
    )
    .option('--rounds <n>', 'undisturbed rounds to take', wholeNumber, 7)
    .option('--threads <n>', 'threads on both sides', wholeNumber, availableParallelism())
    .option('--python <path>', 'a Python that has PyTorch (also: the environment variable RECDISTILL_PYTHON)')
    .option('--patience <seconds>', 'how long to wait for a quiet machine before each round', wholeNumber, 20)
    .option('--arithmetic <word>', 'arithmetic of our kernels: auto, plain, fma or blas')
    .option(
      '--check',
      'fails if a ratio fell beyond 1.3 times of that in bench/ratios.json; all rows, or the given one',
    )
    .option('--record', 'writes the ratios into bench/ratios.json; all rows, or the given one')
    .addHelpText(
      'after',
      '\nExamples:\n  npm run bench -- setup\n  npm run bench -- top-k --rounds 5\n  npm run --silent bench -- evaluate --json > evaluate.json',
    )
    .configureOutput({ writeOut: (text) => process.stderr.write(text) })
    .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : 2));
  program.action(async (name: string | undefined) => {
    const flags = program.opts<Flags>();
    // The rows create their own kernels.
    if (flags.arithmetic !== undefined) process.env.RECDISTILL_ARITHMETIC = flags.arithmetic;
    if (name === 'contended') {
      const { threads, rounds } = flags;
      const data = await loadBenchData(flags.data, process.env);
      const found = await contended({ data, threads, rounds, turnMs: 2000, patienceMs: flags.patience * 1000, say });
      const json = { machine: machineOf(flags, []), data: data.source, results: found };
      process.stdout.write(flags.json ? `${JSON.stringify(json, null, 2)}\n` : contendedText(found, threads));
      return;
    }
    if (flags.check || flags.record) return guard(name, flags);
    if (name === undefined) return list(flags);
    if (name === 'setup') {
      if (!setUpPython(benchFolder)) process.exitCode = 1;
      return;
    }
    await runRow(name, flags);
  });
  await program.parseAsync();
}

function list(flags: Flags): void {
  const registry: Readonly<Record<string, BenchRow>> = rows;
  const known = Object.entries(registry).map(([row, { title, goal, cases }]) => ({ row, title, goal, cases }));
  const indent = ' '.repeat(17);
  const lines = known.map(({ row, title, goal, cases }) => {
    const text = `  ${row.padEnd(14)} ${title}\n${indent}cases: ${cases.join(', ')}`;
    return goal === undefined ? text : `${text}\n${indent}goal: ${goal}`;
  });
  process.stdout.write(flags.json ? `${JSON.stringify({ rows: known }, null, 2)}\n` : `Rows:\n${lines.join('\n')}\n`);
}

/** The row, and its cases that the flags choose. */
function chosen(name: string, flags: Flags): { readonly row: BenchRow; readonly cases: readonly string[] } {
  const registry: Readonly<Record<string, BenchRow>> = rows;
  const row = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (!row) fail('unknown-name', { kind: 'benchmark row', given: name, known: Object.keys(rows).join(', ') });
  const cases = flags.case === undefined ? row.cases : row.cases.filter((c) => c === flags.case);
  if (cases.length === 0)
    fail('unknown-name', { kind: `case of ${name}`, given: flags.case, known: row.cases.join(', ') });
  return { row, cases };
}

/** Measures the cases of a row one after the other. */
async function measure(name: string, flags: Flags, inputs: Inputs): Promise<CaseReport[]> {
  const { row, cases } = chosen(name, flags);
  const reports: CaseReport[] = [];
  for (const c of cases) {
    say(`${name} ${c}: preparing ...`);
    reports.push(await runCase(row, c, inputs.data, flags, inputs.python));
  }
  return reports;
}

interface Inputs {
  readonly data: BenchData;
  readonly python: string | undefined;
  readonly notes: readonly string[];
}

async function inputsOf(flags: Flags): Promise<Inputs> {
  const data = await loadBenchData(flags.data, process.env);
  const found = findPython(benchFolder, flags.python, process.env);
  const notes = 'missing' in found ? [found.missing] : [];
  for (const note of notes) say(note);
  return { data, notes, python: 'python' in found ? found.python : undefined };
}

const machineOf = (flags: Flags, reports: readonly CaseReport[]): Readonly<Record<string, string | number>> => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  threads: flags.threads,
  arithmetic: arithmeticOf(),
  vectors: hasWideVectors() ? 256 : 128,
  node: process.versions.node,
  ...Object.assign({}, ...reports.map((r) => r.versions)),
});

/** Measures one row or all of them, and compares the ratios with the recorded ones or records them. */
async function guard(name: string | undefined, flags: Flags): Promise<void> {
  const path = join(benchFolder, 'ratios.json');
  const names = name === undefined ? Object.keys(rows) : [name];
  for (const n of names) chosen(n, flags);
  const recorded = flags.check ? readRecorded(path).ratios : {};
  const inputs = await inputsOf(flags);
  const reports: CaseReport[] = [];
  const verdicts: Verdict[] = [];
  const ratios: Record<string, NonNullable<ReturnType<typeof ratiosOf>>> = {};
  for (const n of names) {
    for (const report of await measure(n, flags, inputs)) {
      const key = `${n}/${report.case}`;
      const measured = ratiosOf(report);
      reports.push(report);
      if (measured) ratios[key] = measured;
      if (flags.check) verdicts.push(judge(key, report, recorded));
      else
        say(measured ? `${key}: recorded` : `${key}: not recorded, because it was disturbed, differed or had no peer`);
    }
  }
  if (flags.record) writeRecorded(path, { machine: machineOf(flags, reports), ratios });
  for (const { name: key, text, failed } of verdicts)
    process.stdout.write(`${failed ? 'FAILED' : 'ok'}  ${key}: ${text}\n`);
  if (verdicts.some((v) => v.failed)) process.exitCode = 1;
}

async function runRow(name: string, flags: Flags): Promise<void> {
  const { row } = chosen(name, flags);
  const inputs = await inputsOf(flags);
  const { data, notes } = inputs;
  const reports = await measure(name, flags, inputs);
  const machine = machineOf(flags, reports);
  const { title, goal } = row;
  const about = {
    row: name,
    title,
    ...(goal === undefined ? {} : { goal }),
    data: data.source,
    machine,
    cases: reports,
  };
  const report = rowReport(about, notes);
  process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  if (!allMatched(report)) {
    say(`${name}: the results differ, so no times are given`);
    process.exitCode = 1;
  }
}

async function runCase(
  row: BenchRow,
  name: string,
  data: BenchData,
  flags: Flags,
  python: string | undefined,
): Promise<CaseReport> {
  const { threads, rounds } = flags;
  const prepared = await row.prepare(name, { data, threads });
  const peerCommand = (form: PeerForm, allocator: Allocator): PeerCommand => {
    const { MALLOC_MMAP_MAX_, MALLOC_TRIM_THRESHOLD_, MALLOC_TOP_PAD_, ...inherited } = process.env;
    return {
      file: python!,
      args: [join(benchFolder, 'peers', form.script)],
      env: { ...inherited, ...ALLOCATORS[allocator], OMP_NUM_THREADS: String(threads), PYTHONDONTWRITEBYTECODE: '1' },
    };
  };
  const times = { threads, rounds, patienceMs: flags.patience * 1000, turnMs: 300, say };
  return pair(name, prepared, python === undefined ? times : { ...times, peerCommand });
}

function wholeNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return n;
}

try {
  await main();
} catch (error) {
  if (error instanceof RecdistillError) {
    say(`bench: ${error.message}\n${error.hint}`);
    process.exitCode = error.exitCode;
  } else {
    say(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
