/**
 * Models in shards: data that a process of limited memory refuses is trained by two such processes of this machine, by one after the other, and by two
 * workers over a queue, in as many shards as are needed. The peak of every process is measured, and the metrics are compared with those of one process
 * without a limit. The data is stored first: reading a source takes memory that does not depend on the model.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Campaign, createTally } from './_campaign.js';
import { program, type Started, until } from './queue/processes.js';
import { hasRedis, startRedis } from './queue/redis.js';

/** Each process writes its mark when it ends. */
const MARK = `
import { appendFileSync, readFileSync } from 'node:fs';
process.on('exit', () => {
  const peak = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  appendFileSync(process.env.PEAKS, JSON.stringify({ pid: process.pid, peak }) + '\\n');
});`;

const MB = 1e6;
/** What a process takes that plans or waits, besides the processes with jobs. */
const PROGRAM = 120 * MB;

interface Setup {
  readonly data: string;
  /** Bytes of each process with jobs. */
  readonly limit: number;
  readonly cases: readonly (readonly string[])[];
}

const FULL: Setup = {
  data: 'synthetic:450000x4000x4500000',
  limit: 1000 * MB,
  cases: [['ials', '--epochs', '4'], ['item-knn']],
};
const SHORT: Setup = {
  data: 'synthetic:40000x2000x400000',
  limit: 240 * MB,
  cases: [['ials', '--epochs', '2', '--dim', '16'], ['item-knn']],
};
/** Of sums in other orders. */
const TOLERANCE = 2e-3;

interface Ran {
  readonly code: number | string;
  readonly json: {
    readonly runs?: readonly { readonly result?: Result }[];
    readonly result?: Result;
    readonly total?: { readonly memoryBytes: number };
    readonly folder?: string;
  };
  readonly stderr: string;
  /** Peak resident memory in bytes of each process: of the one that was started, and of all others. */
  readonly own: number;
  readonly others: readonly number[];
  readonly seconds: number;
}

interface Result {
  readonly metrics: Readonly<Record<string, number>>;
  readonly options: { readonly shards?: number };
}

/** Runs the program with `env`. @param workers processes that work for it; they are ended, and their peaks are among those of the others */
async function run(folder: string, args: readonly string[], env = {}, workers: readonly Started[] = []): Promise<Ran> {
  const began = performance.now();
  const started = program([...args, '--json'], { ...marked(folder), ...env });
  const code = await started.ended;
  const seconds = (performance.now() - began) / 1000;
  for (const { child } of workers) child.kill('SIGTERM');
  for (const { ended } of workers) await ended;
  const lines = readFileSync(join(folder, 'peaks.jsonl'), 'utf8').split('\n').filter(Boolean);
  writeFileSync(join(folder, 'peaks.jsonl'), '');
  const marks = lines.map((line) => JSON.parse(line) as { pid: number; peak: number });
  const output = started.output();
  return {
    ...{
      code,
      seconds,
      stderr: started.text(),
      json: output.startsWith('{') ? (JSON.parse(output) as Ran['json']) : {},
    },
    own: marks.find(({ pid }) => pid === started.child.pid)?.peak ?? 0,
    others: marks.filter(({ pid }) => pid !== started.child.pid).map(({ peak }) => peak),
  };
}

function marked(folder: string): Record<string, string> {
  const hook = join(folder, 'mark.mjs');
  writeFileSync(hook, MARK);
  return { NODE_OPTIONS: `--import ${hook}`, PEAKS: join(folder, 'peaks.jsonl') };
}

const resultOf = ({ json }: Ran): Result | undefined => json.runs?.[0]?.result ?? json.result;
const mb = (bytes: number): string => `${Math.round(bytes / MB)} MB`;
const limitOf = (bytes: number): readonly string[] => ['--memory-limit', `${Math.ceil(bytes / MB)}MB`];

export const shards: Campaign = {
  name: 'shards',
  summary: 'Models in shards: processes of limited memory train what one of them refuses, with the same metrics',
  async run(options) {
    const { data, limit, cases } = options.short ? SHORT : FULL;
    const tally = createTally(options);
    const folder = mkdtempSync(join(tmpdir(), 'recdistill-shards-'));
    const runs = join(folder, 'runs');
    try {
      const stored = await run(folder, ['data', 'store', '--data', data, '--runs', runs]);
      if (stored.code !== 0) throw new Error(`the data cannot be stored: ${stored.stderr.slice(-400)}`);
      options.say(`${data}: stored, peak ${mb(stored.own)}`);
      const trainIn = (store: string, args: readonly string[], ...more: readonly string[]) =>
        ['train', ...args, '--data', stored.json.folder!, '--runs', store, '--threads', '2', ...more] as const;
      for (const args of cases) {
        const train = (...more: readonly string[]) => run(folder, trainIn(runs, args, ...more));
        await tally.try(args.join(' '), async () => {
          const refused = await train(...limitOf(limit), '--shards', '1');
          if (refused.code === 0 || !/not enough memory/.test(refused.stderr))
            throw new Error(`it was not refused with ${mb(limit)}: ${refused.stderr.slice(-300)}`);
          options.say(/^error.*/m.exec(refused.stderr)![0]);
          const whole = await train('--name', `${args[0]}-whole`, '--shards', '1');
          const two = ['--jobs', '2', ...limitOf(2 * limit + PROGRAM)];
          const planned = await train(...two, '--dry-run');
          const cut = await train(...two);
          const one = await run(folder, trainIn(join(folder, 'alone'), args, ...limitOf(limit)));
          const number = resultOf(cut)?.options.shards ?? 1;
          const queued = hasRedis()
            ? { 'two workers over a queue': await overQueue(folder, trainIn, args, limit, number) }
            : {};
          if (!hasRedis()) options.say('left out: workers over a queue: redis-server is not installed');
          const inShards = { 'two processes': cut, 'one process': one, ...queued };
          for (const [name, ran] of Object.entries({ 'without a limit': whole, ...inShards })) {
            if (ran.code !== 0) throw new Error(`${name}: exit code ${ran.code}: ${ran.stderr.slice(-400)}`);
            const { metrics, options: used } = resultOf(ran)!;
            const said = `shards ${used.shards ?? 1}, ${ran.seconds.toFixed(0)} s, recall@50 ${metrics['recall@50']!.toFixed(4)}`;
            const others = ran.others.length > 0 ? `; others ${ran.others.map(mb).join(', ')}` : '';
            options.say(`${args[0]}, ${name}: ${said}, peak ${mb(ran.own)}${others}`);
          }
          const [estimate, most] = [planned.json.total!.memoryBytes, Math.max(...cut.others)];
          options.say(
            `${args[0]}: estimate of the largest job ${mb(estimate)}, measured ${mb(most)}, ratio ${(most / estimate).toFixed(2)}`,
          );
          if (most > estimate || most < 0.7 * estimate)
            throw new Error('the estimate is more than 30 % off, or too small');
          for (const [name, ran] of Object.entries(inShards)) {
            const peak = Math.max(ran.own, ...ran.others);
            tally.memory(peak / MB);
            if (peak > limit)
              throw new Error(`${name}: a process took ${mb(peak)}, more than its limit of ${mb(limit)}`);
            for (const [metric, value] of Object.entries(resultOf(whole)!.metrics)) {
              const other = resultOf(ran)!.metrics[metric]!;
              if (Math.abs(value - other) > TOLERANCE * Math.max(1, Math.abs(value)))
                throw new Error(`${name}: ${metric} is ${other} in shards, and ${value} otherwise`);
            }
          }
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return tally.result();
  },
};

/** The same by two workers that share nothing but the store and Redis. */
async function overQueue(
  folder: string,
  trainIn: (store: string, args: readonly string[], ...more: readonly string[]) => readonly string[],
  args: readonly string[],
  limit: number,
  number: number,
): Promise<Ran> {
  const store = join(folder, 'queue');
  const redis = await startRedis();
  const env = { RECDISTILL_QUEUE: redis.url, RECDISTILL_TEST_PACE: '1' };
  const words = ['--queue', 'env', '--store', store];
  const workers = Array.from({ length: 2 }, () =>
    program(['worker', ...words, '--threads', '1', ...limitOf(limit + PROGRAM)], { ...marked(folder), ...env }),
  );
  try {
    for (const { text } of workers) await until('a worker is ready', () => text().includes('jobs at a time'));
    return await run(folder, trainIn(store, args, '--queue', 'env', '--shards', String(number)), env, workers);
  } finally {
    for (const process of workers) process.all('SIGKILL');
    await redis.stop();
  }
}
