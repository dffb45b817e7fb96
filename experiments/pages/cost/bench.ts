/** Rows of bench/ as the pages measure them: each in a process of its own, on a data set below RECDISTILL_DATA. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail } from 'recdistill';
import { type CellValue, formatBytes } from 'recdistill/report';
import { type Context, kept } from '../../_page.js';
import { root } from '../../files.js';
import { table } from '../../tables.js';

interface Side {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly peakMemoryBytes?: number;
}

export interface Peer extends Side {
  /** The form of PyTorch. */
  readonly name: string;
  readonly allocator: string;
  /** Its time over ours. */
  readonly ratio: number;
}

/** What a page needs of one case of a row. */
export interface Measured {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly notes: readonly string[];
  readonly work: string;
  readonly ours: Side;
  readonly peers: readonly Peer[];
  /** The fastest form of PyTorch over ours, with the allocator as it comes and tuned. */
  readonly ratioStock: number;
  readonly ratioTuned: number;
}

/** @throws RecdistillError `usage` without RECDISTILL_DATA */
export function dataFolder(name: string): string {
  const folder = process.env.RECDISTILL_DATA;
  const hint = 'Set RECDISTILL_DATA to it, and run "npm run bench -- setup" once.';
  if (folder === undefined) fail('usage', { problem: 'the folder with the data sets is not known', hint });
  return join(folder, name);
}

/** @param at the row and its case; @throws RecdistillError `usage` if the row fails */
export function measure(data: string, [row, name]: readonly [string, string], context: Context): Promise<Measured> {
  const { runs, rounds, say } = context;
  return kept(join(runs, `${data}-${row}-${name}.json`), async () => {
    say(`${data}: ${row} ${name}`);
    const words = [row, '--case', name, '--rounds', String(rounds), '--data', dataFolder(data), '--json'];
    const { status, stdout } = spawnSync(process.execPath, ['build/bench/main.js', ...words], {
      ...{ cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) {
      const hint = `Its message is above; nothing of it is kept. "npm run bench -- ${row}" runs it alone.`;
      fail('usage', { problem: `the benchmark ${row} ended with code ${status}`, hint });
    }
    const { machine, notes, cases } = JSON.parse(stdout);
    const { work, ours, peers, ratioStock, ratioTuned } = cases[0];
    return { machine, notes, work, ours, peers, ratioStock, ratioTuned };
  });
}

/** Median, fastest and slowest round. */
export const times = ({ medianMs, minMs, maxMs }: Side): CellValue => [medianMs, minMs, maxMs].map((ms) => 1000 * ms);

/** One form of PyTorch over ours, with the allocator as it comes and tuned. */
const ratiosOf = ({ peers }: Measured, form: string): CellValue =>
  ['stock', 'tuned'].map(
    (allocator) => peers.find((p) => p.name === form && p.allocator === allocator)?.ratio ?? Number.NaN,
  );

/** The most memory that any form of PyTorch took. */
const mostOf = ({ peers }: Measured): number => Math.max(...peers.map((p) => p.peakMemoryBytes ?? 0));

interface ComparedRow {
  readonly name: string;
  readonly measured: Measured;
  /** Name of the plain form of PyTorch. */
  readonly plain: string;
  /** The ratio that is the goal; where there are two, one for each allocator. */
  readonly goal: CellValue;
}

/** Times and memory beside PyTorch's. @param what title of the first column */
export const comparedTable = (what: string, rows: readonly ComparedRow[]): string =>
  table(
    {
      ...{ [what]: 'text', 'ours: median / fastest / slowest': 'microseconds', 'peak memory': 'bytes' },
      ...{ 'x plain form': 'ratio', 'x fastest form': 'ratio', goal: 'ratio', 'peak memory of PyTorch': 'bytes' },
    },
    rows.map(({ name, measured: m, plain, goal }) => [
      ...[name, times(m.ours), m.ours.peakMemoryBytes, ratiosOf(m, plain)],
      ...[[m.ratioStock, m.ratioTuned], goal, mostOf(m)],
    ]),
  );

export const memory = (bytes: number | undefined): string =>
  bytes === undefined ? 'unknown memory' : formatBytes(bytes);

export const machineOf = ({ machine: { cpu, cores, threads, node, torch } }: Measured): string =>
  `${cpu}, ${cores} cores, ${threads} threads, Node ${node}, PyTorch ${torch}.`;

export const SIDE_BY_SIDE = `Both sides ran in turns on the same inputs, after their results were compared ([how](../../bench/README.md#how-it-is-measured)).
Ratios are PyTorch's time over ours, with the memory allocator as it comes and tuned.
Peak memory is that of the whole process, Node or Python included.`;
