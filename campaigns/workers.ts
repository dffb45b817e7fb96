/**
 * Measures how much faster two workers are than one, on a plan of independent jobs, and as a bound how much faster two programs that train side by
 * side are than one after the other. Times depend on the machine: nothing else may run there.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Campaign, createTally } from './_campaign.js';
import { program, until } from './queue/processes.js';
import { startRedis } from './queue/redis.js';

/** Rounds, in each of which one worker and two workers do the plan. */
const ROUNDS = 3;
const JOBS = 8;
/** Epochs of each training: some 13 s. Shorter jobs would measure how long programs take to start. */
const EPOCHS = 400;

const planYaml = (epochs: number): string => `
name: speed
data: { data: ['synthetic:3000x2000x150000'] }
matched: []
teachers:
${Array.from({ length: JOBS }, (_, seed) => `  - { model: bpr-mf, name: seed${seed}, dim: 32, epochs: ${epochs}, patience: 10000, seed: ${seed} }`).join('\n')}
`;

export const workers: Campaign = {
  name: 'workers',
  summary: 'measure a plan of independent jobs with one worker and with two',
  async run(options) {
    const place = mkdtempSync(join(tmpdir(), 'recdistill-workers-'));
    const tally = createTally(options);
    const [ratios, bounds]: [number[], number[]] = [[], []];
    try {
      const file = join(place, 'speed.yaml');
      writeFileSync(file, planYaml(options.short ? 2 : EPOCHS));
      const rounds = options.short ? 1 : (options.cases ?? ROUNDS);
      for (let round = 0; round < rounds; round++)
        await tally.try(`round ${round}`, async () => {
          const epochs = options.short ? 2 : EPOCHS;
          const apart = await secondsOfTrainings(epochs, join(place, `apart-${round}`), false);
          const beside = await secondsOfTrainings(epochs, join(place, `beside-${round}`), true);
          bounds.push(apart / beside);
          const one = await secondsOf(1, file, join(place, `one-${round}`));
          const two = await secondsOf(2, file, join(place, `two-${round}`));
          ratios.push(one / two);
          options.say(
            `two trainings: one after the other ${apart.toFixed(1)} s, side by side ${beside.toFixed(1)} s, ratio ${(apart / beside).toFixed(2)}`,
          );
          options.say(
            `${JOBS} jobs: one worker ${one.toFixed(1)} s, two workers ${two.toFixed(1)} s, ratio ${(one / two).toFixed(2)}`,
          );
        });
      options.say(`median ratio of workers ${median(ratios)}, of trainings without a queue ${median(bounds)}`);
      return tally.result();
    } finally {
      rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

const median = (values: number[]): string | undefined => values.sort((a, b) => a - b)[values.length >> 1]?.toFixed(2);

/** Seconds of two programs that train one of the jobs each, without a queue: no executor can be faster. */
async function secondsOfTrainings(epochs: number, runs: string, beside: boolean): Promise<number> {
  const words = ['train', 'bpr-mf', '--data', 'synthetic:3000x2000x150000', '--dim', '32', '--epochs', `${epochs}`];
  const began = performance.now();
  const ends: Promise<number | NodeJS.Signals>[] = [];
  for (const seed of ['0', '1']) {
    const more = ['--patience', '10000', '--seed', seed, '--name', `seed${seed}`, '--threads', '1', '--runs', runs];
    const { ended } = program([...words, ...more]);
    ends.push(ended);
    if (!beside) await ended;
  }
  const failed = (await Promise.all(ends)).find((end) => end !== 0);
  if (failed !== undefined) throw new Error(`a training ended with ${failed}`);
  return (performance.now() - began) / 1000;
}

/** Seconds of the whole command that plans, with workers that are there already. Each has one thread. */
async function secondsOf(count: number, file: string, store: string): Promise<number> {
  const redis = await startRedis();
  const env = { RECDISTILL_QUEUE: redis.url, RECDISTILL_TEST_PACE: '1' };
  const started = Array.from({ length: count }, () => program(['worker', '--store', store, '--threads', '1'], env));
  try {
    for (const { text } of started) await until('a worker is ready', () => text().includes('jobs at a time'));
    const began = performance.now();
    const plan = program(['run', file, '--queue', 'env', '--store', store], env);
    const end = await plan.ended;
    if (end !== 0) throw new Error(`the plan ended with ${end}: ${plan.text()}`);
    return (performance.now() - began) / 1000;
  } finally {
    for (const process of started) process.all('SIGKILL');
    await redis.stop();
  }
}
