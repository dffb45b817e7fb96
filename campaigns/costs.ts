/**
 * Compares the line in which a command announces its time and memory with what it then takes: trainings, methods, plans, evaluation and written
 * lists. Times are only meaningful on a machine with nothing else to do, so this is no part of the tests.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Campaign, createTally } from './_campaign.js';
import { peakHook, program } from './_peak.js';

/** The memory is an upper estimate. The peak is at least this share of it, as in the campaign `memory`. */
const LEAST_MEMORY = 0.7;
/** Allowed difference of the measured time from the announced one. */
const BAND = 0.3;
/** Seconds below which a time is not compared: the line rounds to seconds, and the start and end of a process count. */
const LEAST_SECONDS = 5;
const LONGEST_SECONDS = 900;

interface Case {
  readonly args: readonly string[];
  /** For the short form. */
  readonly small?: true;
}

const dataOf = (source: string): readonly string[] => ['--data', `synthetic:${source}`, '--threads', '1'];
const DATA = dataOf('20000x20000x1000000');
const TEACHERS = ['--teachers', 'bpr-mf,ials', '--name'];
const STUDENT = ['--dim', '16', '--patience', '100', '--epochs', '12', '--evaluate-every', '4'];

const train = (model: string, ...more: string[]): Case => ({ args: ['train', model, ...DATA, ...more] });
const distill = (method: string, ...more: string[]): Case => ({
  args: ['distill', ...TEACHERS, method, '--method', method, '--threads', '1', ...STUDENT, ...more],
});

/** In this order: later cases read the runs of earlier ones. */
const CASES: readonly Case[] = [
  { args: ['train', 'top-pop', '--data', 'synthetic:200x300x4000'], small: true },
  train('item-knn'),
  train('rp3beta'),
  { args: ['train', 'ease', ...dataOf('5000x4000x200000')] },
  train('ials', '--epochs', '8', '--checkpoints', '4'),
  train('bpr-mf', '--epochs', '12', '--evaluate-every', '4', '--patience', '100', '--checkpoints', '3'),
  train('mf', '--epochs', '6', '--evaluate-every', '3', '--patience', '100'),
  train('cml', '--epochs', '6', '--evaluate-every', '3', '--patience', '100'),
  train('neumf', '--epochs', '2', '--evaluate-every', '2'),
  train('lightgcn', '--epochs', '1', '--batch-size', '65536'),
  train('mult-vae', '--epochs', '2', '--evaluate-every', '2'),
  train('fism', '--epochs', '2', '--evaluate-every', '2'),
  ...['softmax', 'de', 'rrd', 'hetcomp', 'ce', 'rce-kd'].map((method) => distill(method)),
  { args: ['tune', 'bpr-mf', ...DATA, '--trials', '3', '--epochs', '6', '--patience', '100', '--name', 'tuned'] },
  { args: ['evaluate', 'bpr-mf', 'ials', 'item-knn', 'rp3beta', '--popularity'] },
  { args: ['compare', 'bpr-mf', 'ials', 'item-knn', '--at', '5,10,20,50'] },
  { args: ['rankings', 'bpr-mf', '--out', 'lists.parquet'] },
  { args: ['rankings', 'bpr-mf', '--out', 'lists.csv.gz'] },
  { args: ['import', 'lists.parquet', ...DATA, '--name', 'imported'] },
  { args: ['recommend', 'softmax', '--all', '--k', '100', '--out', 'recs', '--threads', '1'] },
];

interface Announced {
  /** Undefined if the line does not say a time. */
  readonly seconds?: number;
  readonly bytes?: number;
}

/** Reads a line such as `Time: about 1 min 05 s, less if it stops early. Memory: at most 260 MB in all; 20 GB available.` Undefined for another line. */
export function announced(line: string): Announced | undefined {
  const time = /^Time: (?:about ([\dhmins ]+)|less than a second|not known)/.exec(line);
  const memory = /Memory: at most ([\d.]+) (kB|MB|GB)/.exec(line);
  if (!time && !memory) return undefined;
  const units: Record<string, number> = { h: 3600, min: 60, s: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
  const seconds = time?.[1]
    ? [...time[1].matchAll(/(\d+) (h|min|s)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0)
    : time?.[0].includes('less than')
      ? 1
      : undefined;
  return {
    ...(seconds === undefined ? {} : { seconds }),
    ...(memory ? { bytes: Number(memory[1]) * units[memory[2]!]! } : {}),
  };
}

interface Taken extends Announced {
  readonly announced: Announced | undefined;
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs a command. Its time counts from the line that announces it. */
function take(args: readonly string[], folder: string): Promise<Taken> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', peakHook, program, ...args], {
      ...{ cwd: folder, stdio: ['ignore', 'ignore', 'pipe', 'pipe'], timeout: LONGEST_SECONDS * 1000 },
    });
    let [stderr, peak, began, seen] = ['', '', performance.now(), undefined as Announced | undefined];
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (seen) return;
      seen = stderr
        .slice(0, stderr.lastIndexOf('\n') + 1)
        .split('\n')
        .map(announced)
        .find((found) => found);
      if (seen) began = performance.now();
    });
    (child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk: Buffer) => {
      peak += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = (performance.now() - began) / 1000;
      resolve({ announced: seen, seconds, bytes: Number(peak), code, stderr });
    });
  });
}

function check({ announced: said, seconds, bytes, code, stderr }: Taken): void {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr.slice(-400)}`);
  if (!said) throw new Error(`no line announces its cost: ${stderr.slice(0, 400)}`);
  const problems: string[] = [];
  if (said.bytes !== undefined && (bytes! > said.bytes || bytes! < LEAST_MEMORY * said.bytes)) problems.push('memory');
  if (said.seconds === undefined) {
    if (/^Time: not known/m.test(stderr) || !/^Memory/m.test(stderr)) problems.push('time is not known');
  } else if (
    Math.max(seconds!, said.seconds) >= LEAST_SECONDS &&
    Math.abs(seconds! - said.seconds) > BAND * said.seconds
  )
    problems.push('time');
  if (problems.length > 0) throw new Error(`not as announced: ${problems.join(', ')}`);
}

export const costs: Campaign = {
  name: 'costs',
  summary: 'The time and memory that commands announce against what they then take; needs a machine without other work',
  async run(options) {
    const cases = CASES.filter(({ small }) => !options.short || small).slice(0, options.cases);
    const tally = createTally(options);
    const folder = mkdtempSync(join(tmpdir(), 'recdistill-costs-'));
    try {
      for (const { args } of cases) {
        await tally.try(args.join(' '), async () => {
          const taken = await take(args, folder);
          const { announced: said = {}, seconds, bytes } = taken;
          tally.memory(bytes! / 1e6);
          const time = `${said.seconds === undefined ? '-' : said.seconds.toFixed(0)} / ${seconds!.toFixed(1)} s`;
          const size = `${said.bytes === undefined ? '-' : Math.round(said.bytes / 1e6)} / ${Math.round(bytes! / 1e6)} MB`;
          options.say(`${args.slice(0, 6).join(' ').padEnd(70)} said / taken: ${time.padEnd(14)} ${size}`);
          check(taken);
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return tally.result();
  },
};
