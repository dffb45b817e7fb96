/** `npm run bench -- contended`: our work beside as many busy processes as there are cores, against the same work alone. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchRow } from './_row.js';
import type { BenchData } from './data.js';
import { createLoadMeter } from './quiet.js';
import { hetcompStep } from './rows/hetcomp-step.js';
import { bprEpoch, lightgcnEpoch } from './rows/pair-epochs.js';
import { type Summary, summarise } from './statistics.js';

/** What is timed: the first case of each row. */
const WORK = { 'bpr-epoch': bprEpoch, 'lightgcn-epoch': lightgcnEpoch, 'hetcomp-step': hetcompStep } as const;
/** A neighbour ends by itself, should this process be killed. */
const NEIGHBOUR = 'const end = Date.now() + 60000; while (Date.now() < end);';
const WARM_UP_MS = 500;

export interface Contended {
  readonly work: string;
  readonly alone: Summary;
  readonly beside: Summary;
  /** Median time beside the others / alone. */
  readonly slowdown: number;
}

export interface ContendedOptions {
  readonly data: BenchData;
  readonly threads: number;
  readonly rounds: number;
  /** Milliseconds of each round on each side. */
  readonly turnMs: number;
  /** How long to wait for a quiet machine before each round. */
  readonly patienceMs: number;
  /** Number of busy processes. Default: one for each core. */
  readonly neighbours?: number;
  say(text: string): void;
}

/** @param names of rows; default: all of `WORK` */
export async function contended(
  o: ContendedOptions,
  names: readonly (keyof typeof WORK)[] = Object.keys(WORK) as (keyof typeof WORK)[],
): Promise<Contended[]> {
  const results: Contended[] = [];
  for (const name of names) {
    const row: BenchRow = WORK[name];
    const { ours } = await row.prepare(row.cases[0]!, { data: o.data, threads: o.threads });
    try {
      o.say(`${name} ${row.cases[0]}: ${o.rounds} rounds ...`);
      await turn(ours.run, WARM_UP_MS);
      const [alone, beside]: [number[], number[]] = [[], []];
      const meter = createLoadMeter(() => [process.pid]);
      for (let round = 0; round < o.rounds; round++) {
        await meter.waitForQuiet(o.patienceMs);
        alone.push(...(await turn(ours.run, o.turnMs)));
        beside.push(...(await withNeighbours(o.neighbours ?? availableParallelism(), () => turn(ours.run, o.turnMs))));
      }
      const [a, b] = [summarise(alone), summarise(beside)];
      results.push({ work: `${name} ${row.cases[0]}`, alone: a, beside: b, slowdown: b.medianMs / a.medianMs });
    } finally {
      ours.close();
    }
  }
  return results;
}

/** Runs `work` until so many milliseconds are over, at least once. Returns the time of each run. */
async function turn(work: () => void | Promise<void>, atLeastMs: number): Promise<number[]> {
  const times: number[] = [];
  for (const end = performance.now() + atLeastMs; times.length === 0 || performance.now() < end; ) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times;
}

async function withNeighbours<T>(count: number, work: () => Promise<T>): Promise<T> {
  const neighbours = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', NEIGHBOUR], { stdio: 'ignore' }),
  );
  try {
    await pause(300);
    return await work();
  } finally {
    for (const child of neighbours) child.kill('SIGKILL');
  }
}

export function contendedText(results: readonly Contended[], threads: number): string {
  const ms = (x: number) => x.toPrecision(3).padStart(10);
  const line = ({ work, alone, beside, slowdown }: Contended) =>
    `${work.padEnd(36)}${ms(alone.medianMs)}${ms(alone.iqrMs)}${ms(beside.medianMs)}${ms(beside.iqrMs)}${slowdown.toFixed(2).padStart(10)}x`;
  const heads = ['alone ms', 'quartiles', 'beside ms', 'quartiles', 'slowdown'].map((h) => h.padStart(10)).join('');
  return `${threads} threads, ${availableParallelism()} cores, as many busy processes as cores\n${'work'.padEnd(36)}${heads}\n${results.map(line).join('\n')}\n`;
}
