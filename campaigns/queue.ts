/**
 * Kills, freezes and starves workers, plans and Redis while a study is at work on several processes. Each time the study must end with the same
 * bits as in one process. No job may be done twice to its end, and no password may appear anywhere.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Campaign, createTally } from './_campaign.js';
import { firstDifference, type Tree, treeOf } from './crash/tree.js';
import { cases, type QueueCase, SECRETS, type Setup } from './queue/cases.js';
import { program, type Started } from './queue/processes.js';
import { hasRedis, startRedis } from './queue/redis.js';
import { studyYaml } from './queue/study.js';

/** Rounds of all cases, each with other moments. */
const ROUNDS = 5;

export const queue: Campaign = {
  name: 'queue',
  summary: 'kill, freeze and starve workers, plans and Redis while a study is at work',
  async run(options) {
    if (!hasRedis()) throw new Error('redis-server is not installed (apt-get install redis-server)');
    const place = mkdtempSync(join(tmpdir(), 'recdistill-queue-'));
    const tally = createTally(options);
    const { RECDISTILL_QUEUE_CASE: only } = process.env;
    try {
      const file = join(place, 'small.yaml');
      writeFileSync(file, studyYaml(options.short ? 30 : 60));
      const whole = join(place, 'whole');
      const inline = program(['study', file, '--runs', whole, '--threads', '1']);
      if ((await inline.ended) !== 0) throw new Error(`the study fails in one process: ${inline.text()}`);
      const expected = lastingTree(whole);
      const rounds = options.short ? 1 : (options.cases ?? ROUNDS);
      const trials: (() => Promise<void>)[] = [];
      for (let round = 0; round < rounds; round++)
        for (const one of cases) {
          if (only === undefined ? options.short && !one.short : !one.name.includes(only)) continue;
          const reason = one.unable?.();
          const folder = join(place, `case-${trials.length}`);
          if (reason !== undefined) options.say(`left out: ${one.name}: ${reason}`);
          else
            trials.push(() =>
              tally.try(`${one.name}, round ${round}`, () => tried(one, folder, file, expected, options.seed + round)),
            );
        }
      // Cases wait more than they compute.
      const lane = async (): Promise<void> => {
        for (let next = trials.shift(); next; next = trials.shift()) await next();
      };
      await Promise.all(options.short ? [lane(), lane()] : [lane()]);
      return tally.result();
    } finally {
      if (process.env.RECDISTILL_QUEUE_KEEP === undefined)
        rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function tried(one: QueueCase, place: string, file: string, expected: Tree, seed: number): Promise<void> {
  mkdirSync(place, { recursive: true });
  const store = join(place, 'runs');
  const redis = await startRedis();
  const started: Started[] = [];
  const start = (...args: Parameters<typeof program>): Started => {
    const process = program(...args);
    started.push(process);
    return process;
  };
  const env = { RECDISTILL_QUEUE: redis.url };
  const usual = ['--queue', 'env', '--store', store];
  const withQueue = (words: readonly string[]) => (words.includes('--queue') ? words : [...usual, ...words]);
  const oneThread = (words: readonly string[]) => (words.includes('--threads') ? [] : ['--threads', '1']);
  const workers: Started[] = [];
  const setup: Setup = {
    ...{ place, store, file, redis, random: randomFrom(seed) },
    worker(words = [], more = {}, before = []) {
      const one = start(['worker', ...withQueue(words), ...oneThread(words)], { ...env, ...more }, before);
      workers.push(one);
      return one;
    },
    plan: (words = [], more = {}) => start(['study', file, ...withQueue(words)], { ...env, ...more }),
  };
  try {
    await one.run(setup);
    const difference = firstDifference(expected, lastingTree(store));
    if (difference !== undefined) throw new Error(difference);
    refuseRepeats(workers);
    for (const { text, output } of started) refuseSecrets(text() + output());
    for (const name of readdirSync(store, { recursive: true, withFileTypes: true }))
      if (name.isFile()) refuseSecrets(readFileSync(join(name.parentPath, name.name), 'latin1'));
  } catch (error) {
    const said = workers.map(({ text }, n) => `worker ${n}: ${text().slice(-700)}`).join('\n');
    throw new Error(`${error instanceof Error ? error.message : error}\n${said}`);
  } finally {
    for (const process of started) {
      process.all('SIGCONT');
      process.all('SIGKILL');
    }
    await redis.stop();
  }
}

/** What must be equal: all but the stored data set, and files of the queue. */
export function lastingTree(store: string): Tree {
  const tree = Object.entries(treeOf(store)).filter(([name]) => !/^(?:data\/|\.recdistill-)/.test(name));
  return Object.fromEntries(tree);
}

/** A job is done once to its end: every other worker that is given it finds it finished. */
function refuseRepeats(workers: readonly Started[]): void {
  const done = workers.flatMap(({ text }) => [...text().matchAll(/^(\S+) is done$/gm)].map(([, job]) => job!));
  const twice = done.find((job, at) => done.indexOf(job) !== at);
  if (twice !== undefined) throw new Error(`${twice} was done twice`);
}

function refuseSecrets(text: string): void {
  for (const secret of SECRETS) if (text.includes(secret)) throw new Error('a password is shown');
}

/** Numbers in [0, 1) that depend on the seed alone. */
function randomFrom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_507) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}
