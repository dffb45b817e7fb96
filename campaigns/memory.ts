/**
 * Compares the estimates of memory with the measured peaks of whole commands: every model at several sizes, dimensions and threads, with
 * teachers, and the other commands.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelRegistry } from 'recdistill/models';
import { type Campaign, createTally } from './_campaign.js';
import { type Measured, measure } from './_peak.js';

/** A peak is at most the estimate, and at least this share of it. */
const LEAST = 0.7;
const [SMALL, MEDIUM, LARGE, HUGE] = [
  'synthetic:200x300x4000',
  'synthetic:5000x8000x200000',
  'synthetic:20000x20000x1000000',
  'synthetic:100000x50000x5000000',
];

interface Case {
  readonly name: string;
  readonly args: readonly string[];
}

const sized = (model: string, data: string, ...more: string[]): Case => ({
  name: [model, data.replace('synthetic:', ''), ...more].join(' '),
  args: ['train', model, '--data', data, ...more],
});

const allModels = (data: string, ...more: string[]) =>
  modelRegistry.all().map(({ name }) => sized(name, data, ...more));

/** Every model is tested in memory.test.ts and memory-medium.test.ts; these also test the dry run. */
const SHORT = ['top-pop', 'bpr-mf'].map((name) => sized(name, SMALL, '--threads', '2'));

const CASES: readonly Case[] = [
  ...allModels(SMALL, '--threads', '2'),
  ...allModels(MEDIUM, '--threads', '2'),
  ...['8', '64'].flatMap((n) => ['bpr-mf', 'ials', 'top-pop'].map((m) => sized(m, SMALL, '--threads', n))),
  ...['bpr-mf', 'lightgcn', 'cml', 'cdae'].flatMap((m) =>
    ['8', '256'].map((dim) => sized(m, MEDIUM, '--threads', '2', '--dim', dim, '--epochs', '2')),
  ),
  sized('bpr-mf', MEDIUM, '--threads', '2', '--dim', '1024', '--epochs', '2'),
  sized('mult-vae', MEDIUM, '--threads', '2', '--hidden', '64', '--epochs', '2'),
  ...['top-pop', 'item-knn', 'bpr-mf'].map((m) =>
    sized(m, LARGE, '--threads', '2', ...(m === 'bpr-mf' ? ['--epochs', '3'] : [])),
  ),
  sized('top-pop', HUGE, '--threads', '2'),
  sized('ials', HUGE, '--threads', '2', '--epochs', '1'),
  sized('bpr-mf', HUGE, '--threads', '2', '--epochs', '1', '--optimizer', 'lazy-adam', '--batch-size', '8192'),
];

/** The estimate of a training, in bytes, from its dry run. */
export async function estimateOf(args: readonly string[], folder: string): Promise<number> {
  const { stdout, stderr } = await measure([...args, '--dry-run', '--json', '--runs', 'planned'], folder);
  try {
    return (JSON.parse(stdout) as { total: { memoryBytes: number } }).total.memoryBytes;
  } catch {
    throw new Error(`no estimate: ${stderr}`);
  }
}

/** @throws Error if the peak is not within the band */
export function checkPeak(estimate: number, { peak, code, stderr }: Measured, least = LEAST): void {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr.slice(-400)}`);
  if (!(peak > 0)) throw new Error('no peak was measured');
  if (peak > estimate) throw new Error(`took ${mb(peak)}, more than the estimate of ${mb(estimate)}`);
  if (peak < least * estimate)
    throw new Error(`took ${mb(peak)}, less than ${least} of the estimate of ${mb(estimate)}`);
}

const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

export const memory: Campaign = {
  name: 'memory',
  summary: 'Estimates of memory against measured peaks: every model, sizes, dimensions, threads, teachers',
  async run(options) {
    const cases = (options.short ? SHORT : CASES).slice(0, options.cases);
    const tally = createTally(options);
    const folder = mkdtempSync(join(tmpdir(), 'recdistill-memory-'));
    try {
      for (const [at, { name, args }] of cases.entries()) {
        await tally.try(name, async () => {
          const estimate = await estimateOf(args, folder);
          const measured = await measure([...args, '--name', `run${at}`, '--quiet'], folder, 1200);
          tally.memory(measured.peak / 1e6);
          const ratio = (measured.peak / estimate).toFixed(2);
          options.say(`${name.padEnd(60)} estimate ${mb(estimate)}, measured ${mb(measured.peak)}, ratio ${ratio}`);
          checkPeak(estimate, measured);
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return tally.result();
  },
};
