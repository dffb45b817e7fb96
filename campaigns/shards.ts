/**
 * Models in shards: data that a process of limited memory refuses is trained by two such processes, in as many shards as are needed. The peak of every
 * process is measured, and the metrics are compared with those of one process without a limit.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Campaign, createTally } from './_campaign.js';

const program = fileURLToPath(import.meta.resolve('recdistill').replace(/index\.js$/, 'cli/main.js'));

/** Each process writes its mark when it ends. The limit is that of one worker; the process that plans takes 112 MB of the sum. */
const MARK = `
import { appendFileSync, readFileSync } from 'node:fs';
process.on('exit', () => {
  const peak = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  appendFileSync(process.env.PEAKS, JSON.stringify({ pid: process.pid, child: process.send !== undefined, peak }) + '\\n');
});`;

const MB = 1e6;
const PROGRAM = 112 * MB;

interface Setup {
  readonly data: string;
  /** Bytes of each worker. */
  readonly limit: number;
  readonly cases: readonly (readonly string[])[];
}

const FULL: Setup = {
  data: 'synthetic:200000x30000x3000000',
  limit: 1000 * MB,
  cases: [['ials', '--epochs', '4'], ['item-knn']],
};
const SHORT: Setup = {
  data: 'synthetic:20000x3000x200000',
  limit: 230 * MB,
  cases: [['ials', '--epochs', '2', '--dim', '16'], ['item-knn']],
};
/** Of two sums in other orders. */
const TOLERANCE = 2e-3;

interface Ran {
  readonly code: number | null;
  readonly json: {
    readonly runs?: readonly { readonly result?: Result }[];
    readonly result?: Result;
    readonly total?: { readonly memoryBytes: number };
  };
  readonly stderr: string;
  /** Peak resident memory in bytes of each process: of the first one, and of its children. */
  readonly own: number;
  readonly children: readonly number[];
  readonly seconds: number;
}

interface Result {
  readonly metrics: Readonly<Record<string, number>>;
  readonly options: { readonly shards?: number };
}

function run(folder: string, args: readonly string[]): Promise<Ran> {
  const [peaks, hook] = [join(folder, 'peaks.jsonl'), join(folder, 'mark.mjs')];
  writeFileSync(peaks, '');
  writeFileSync(hook, MARK);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args, '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: `--import ${hook}`, PEAKS: peaks },
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (text: Buffer) => void stdout.push(text));
    child.stderr.on('data', (text: Buffer) => void stderr.push(text));
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = readFileSync(peaks, 'utf8').split('\n').filter(Boolean);
      const marks = lines.map((line) => JSON.parse(line) as { pid: number; peak: number });
      const byProcess = new Map<number, number>();
      for (const { pid, peak } of marks) byProcess.set(pid, Math.max(peak, byProcess.get(pid) ?? 0));
      const own = byProcess.get(child.pid!) ?? 0;
      byProcess.delete(child.pid!);
      const [text, said] = [stdout, stderr].map((parts) => Buffer.concat(parts).toString()) as [string, string];
      const json = text.startsWith('{') ? (JSON.parse(text) as Ran['json']) : {};
      const seconds = (performance.now() - began) / 1000;
      resolve({ code, json, stderr: said, own, children: [...byProcess.values()], seconds });
    });
  });
}

const resultOf = ({ json }: Ran): Result | undefined => json.runs?.[0]?.result ?? json.result;
const mb = (bytes: number): string => `${Math.round(bytes / MB)} MB`;

export const shards: Campaign = {
  name: 'shards',
  summary: 'Models in shards: two workers of limited memory train what one of them refuses, with the same metrics',
  async run(options) {
    const { data, limit, cases } = options.short ? SHORT : FULL;
    const tally = createTally(options);
    const folder = mkdtempSync(join(tmpdir(), 'recdistill-shards-'));
    const train = (args: readonly string[], ...more: readonly string[]) =>
      run(folder, ['train', ...args, '--data', data, '--threads', '2', ...more]);
    try {
      for (const args of cases) {
        await tally.try(args.join(' '), async () => {
          const refused = await train(args, '--memory-limit', mb(limit).replace(' ', ''), '--shards', '1');
          if (refused.code === 0 || !/not enough memory/.test(refused.stderr))
            throw new Error(`it was not refused with ${mb(limit)}: ${refused.stderr.slice(-300)}`);
          options.say(
            refused.stderr
              .trim()
              .split('\n')
              .find((line) => line.startsWith('error'))!,
          );
          const whole = await train(args, '--name', `${args[0]}-whole`, '--shards', '1');
          const two = ['--jobs', '2', '--memory-limit', mb(2 * limit + PROGRAM).replace(' ', '')];
          const planned = await train(args, ...two, '--dry-run');
          const cut = await train(args, ...two);
          const one = await train(args, '--memory-limit', mb(limit).replace(' ', ''), '--runs', 'alone');
          for (const [name, ran] of Object.entries({ whole, 'two workers': cut, 'one process in shards': one })) {
            if (ran.code !== 0) throw new Error(`${name}: exit code ${ran.code}: ${ran.stderr.slice(-400)}`);
            const { metrics, options: used } = resultOf(ran)!;
            const said = `shards ${used.shards ?? 1}, ${ran.seconds.toFixed(0)} s, recall@50 ${metrics['recall@50']!.toFixed(4)}`;
            const children = ran.children.map(mb).join(', ');
            options.say(`${args[0]}, ${name}: ${said}, peak ${mb(ran.own)}${children ? `; workers ${children}` : ''}`);
          }
          const [estimate, most] = [planned.json.total!.memoryBytes, Math.max(...cut.children)];
          options.say(
            `${args[0]}: estimate of the largest job ${mb(estimate)}, measured ${mb(most)}, ratio ${(most / estimate).toFixed(2)}`,
          );
          if (most > estimate || most < 0.7 * estimate)
            throw new Error('the estimate is more than 30 % off, or too small');
          tally.memory(Math.max(...cut.children, one.own) / MB);
          for (const peak of [...cut.children, one.own])
            if (peak > limit) throw new Error(`a process took ${mb(peak)}, more than its limit of ${mb(limit)}`);
          for (const ran of [cut, one]) {
            const [before, after] = [resultOf(whole)!.metrics, resultOf(ran)!.metrics];
            for (const [name, value] of Object.entries(before))
              if (Math.abs(value - after[name]!) > TOLERANCE * Math.max(1, Math.abs(value)))
                throw new Error(`${name} is ${after[name]} in shards, and ${value} otherwise`);
          }
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return tally.result();
  },
};
