/** What may happen while a plan is at work on several machines. Each case must end with the bits of a plan that one process has run. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, type Started, until } from './processes.js';
import { PASSWORD, startRedis, type TestRedis } from './redis.js';

export interface Setup {
  /** Folder for the files of the case. */
  readonly place: string;
  readonly store: string;
  /** Path of the study. */
  readonly file: string;
  readonly redis: TestRedis;
  /** A number in [0, 1), the next of the seed. */
  random(): number;
  /** Starts a worker with one thread; `before` is a program that starts it. */
  worker(words?: readonly string[], env?: Readonly<Record<string, string>>, before?: readonly string[]): Started;
  /** Starts the plan. */
  plan(words?: readonly string[], env?: Readonly<Record<string, string>>): Started;
}

export interface QueueCase {
  readonly name: string;
  /** Part of `npm test`. */
  readonly short: boolean;
  /** Why it cannot run on this machine. */
  unable?(): string | undefined;
  /** Ends when the plan has ended well. @throws Error otherwise */
  run(setup: Setup): Promise<void>;
}

/** Jobs that a worker has begun. */
const begun = (workers: readonly Started[]): number =>
  workers.reduce((sum, { text }) => sum + (text().match(/\(small\)$/gm)?.length ?? 0), 0);

/** Waits for a moment: a number of jobs after which something happens, and a part of the next. */
async function moment({ random }: Setup, workers: readonly Started[], most: number): Promise<void> {
  const jobs = 1 + Math.floor(random() * most);
  await until(`${jobs} jobs begin`, () => begun(workers) >= jobs);
  await pause(random() * 700);
}

/** Waits until the plan ends. @throws Error unless its exit code is 0 */
async function wellEnded(plan: Started, seconds = 120): Promise<void> {
  let end: number | NodeJS.Signals | undefined;
  void plan.ended.then((code) => {
    end = code;
  });
  await until(`the plan ends; it says ${plan.text().slice(-400)}`, () => end !== undefined, seconds);
  if (end !== 0) throw new Error(`the plan ended with ${end}: ${plan.text().slice(-1500)}`);
}

/** In a PID namespace of its own a process is as on another host: others know it by its lease only. */
const ELSEWHERE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

const can = (words: readonly string[]): boolean => {
  try {
    execFileSync(words[0]!, words.slice(1), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const elsewhere = () => (can([...ELSEWHERE, 'true']) ? undefined : 'PID namespaces are not allowed here');

export const cases: readonly QueueCase[] = [
  {
    name: 'two workers',
    short: true,
    async run({ worker, plan }) {
      worker();
      worker(['--jobs', '2', '--threads', '2']);
      await wellEnded(plan());
    },
  },
  {
    name: 'workers are killed',
    short: true,
    async run(setup) {
      const { worker, plan, random } = setup;
      const workers = [worker(), worker()];
      const started = plan();
      for (let kills = 0; kills < 3; kills++) {
        await moment(setup, workers.slice(-2), 3);
        const victim = workers[workers.length - 1 - Math.floor(random() * 2)]!;
        // With its child, as when the machine is lost, or without it, as when memory runs out.
        if (random() < 0.5) victim.all('SIGKILL');
        else victim.child.kill('SIGKILL');
        workers.push(worker());
      }
      await wellEnded(started);
    },
  },
  {
    name: 'the plan is killed and given again',
    short: true,
    async run(setup) {
      const { worker, plan } = setup;
      const workers = [worker(), worker()];
      const first = plan();
      await moment(setup, workers, 6);
      first.child.kill('SIGKILL');
      await first.ended;
      await wellEnded(plan());
    },
  },
  ...[false, true].map((empty): QueueCase => {
    return {
      name: `Redis is killed and comes back ${empty ? 'empty' : 'with its data'}`,
      short: empty,
      async run(setup) {
        const { worker, plan, redis, random } = setup;
        const workers = [worker(), worker()];
        const started = plan();
        for (let kills = 0; kills < 2; kills++) {
          await moment(setup, workers, 3 + kills * 4);
          await redis.kill();
          await pause(random() * 1500);
          await redis.restart(empty);
        }
        await wellEnded(started);
        if (!/does not answer/.test(started.text())) throw new Error('the plan did not say that Redis is gone');
      },
    };
  }),
  {
    name: 'a worker is frozen for longer than its lease',
    short: true,
    unable: elsewhere,
    async run(setup) {
      const { worker, plan } = setup;
      const frozen = worker([], {}, ELSEWHERE);
      const started = plan();
      await moment(setup, [frozen], 3);
      frozen.all('SIGSTOP');
      const other = worker([], {}, ELSEWHERE);
      await until('the other worker finishes jobs', () => /is done/.test(other.text()), 60);
      await until('the plan goes on', () => begun([other]) > 3, 60);
      frozen.all('SIGCONT');
      await wellEnded(started);
    },
  },
  {
    name: 'only the loop of a worker is frozen',
    short: false,
    async run(setup) {
      const { worker, plan } = setup;
      const frozen = worker();
      const started = plan();
      await moment(setup, [frozen], 3);
      frozen.child.kill('SIGSTOP');
      const other = worker();
      await pause(8000);
      frozen.child.kill('SIGCONT');
      await wellEnded(started);
      if (begun([other]) === 0) throw new Error('the other worker had nothing to do');
    },
  },
  {
    name: 'clocks differ by an hour',
    short: false,
    unable: elsewhere,
    async run(setup) {
      const { worker, plan, place } = setup;
      const late = (hours: number) => ({ NODE_OPTIONS: `--import ${clock(place, hours)}` });
      const workers = [worker([], late(1), ELSEWHERE), worker([], late(-1), ELSEWHERE)];
      const started = plan();
      await moment(setup, workers, 4);
      workers[0]!.all('SIGKILL');
      workers.push(worker([], late(0), ELSEWHERE));
      await wellEnded(started);
    },
  },
  {
    name: 'one worker cannot write',
    short: true,
    async run(setup) {
      const { worker, plan } = setup;
      // Files of at most 24 KB: as a full disk, or a quota.
      const full = worker([], {}, ['bash', '-c', 'ulimit -f 24; exec "$0" "$@"']);
      const started = plan();
      await until('it takes a job', () => begun([full]) > 0);
      worker();
      await wellEnded(started);
      if ((await full.ended) !== 1 || !/cannot write/.test(full.text()))
        throw new Error(`the worker that cannot write ended otherwise: ${full.text()}`);
    },
  },
  {
    name: 'two plans of the same jobs',
    short: true,
    async run({ worker, plan }) {
      worker();
      worker();
      const plans = [plan(), plan()];
      await Promise.all(plans.map((one) => wellEnded(one)));
    },
  },
  {
    name: 'a worker stops and another one continues',
    short: false,
    async run(setup) {
      const { worker, plan } = setup;
      const first = worker();
      const started = plan();
      await moment(setup, [first], 4);
      first.child.kill('SIGTERM');
      worker();
      if ((await first.ended) !== 0) throw new Error(`the worker ended with ${await first.ended}`);
      await wellEnded(started);
    },
  },
  {
    name: 'Ctrl-C at the plan, which is given again',
    short: false,
    async run(setup) {
      const { worker, plan } = setup;
      const workers = [worker()];
      const first = plan();
      await moment(setup, workers, 3);
      first.child.kill('SIGINT');
      if ((await first.ended) !== 1) throw new Error(`the plan ended with ${await first.ended}: ${first.text()}`);
      await wellEnded(plan());
    },
  },
  {
    name: 'workers in another network namespace',
    short: false,
    unable: () => {
      const name = `recdistill-try-${process.pid}`;
      const able = can(['ip', 'netns', 'add', name]);
      if (able) can(['ip', 'netns', 'delete', name]);
      return able ? undefined : 'network namespaces are not allowed here';
    },
    async run({ worker, plan, store }) {
      const [name, inner, outer] = [`rd-${process.pid}`, `rdi${process.pid}`, `rdo${process.pid}`];
      const ip = (text: string) => execFileSync('ip', text.split(' '));
      ip(`netns add ${name}`);
      let redis: TestRedis | undefined;
      try {
        ip(`link add ${outer} type veth peer name ${inner} netns ${name}`);
        ip(`addr add 10.213.7.1/30 dev ${outer}`);
        ip(`link set ${outer} up`);
        ip(`-n ${name} addr add 10.213.7.2/30 dev ${inner}`);
        ip(`-n ${name} link set ${inner} up`);
        redis = await startRedis([], '10.213.7.1');
        const words = ['--queue', redis.url, '--store', store];
        worker(words, {}, ['ip', 'netns', 'exec', name]);
        worker(words, {}, ['ip', 'netns', 'exec', name]);
        await wellEnded(plan(words));
      } finally {
        await redis?.stop();
        can(['ip', 'netns', 'delete', name]);
      }
    },
  },
];

/** A module that moves the clock of a process. */
function clock(place: string, hours: number): string {
  const path = join(place, `clock${hours}.mjs`);
  if (!existsSync(path)) {
    mkdirSync(place, { recursive: true });
    writeFileSync(
      path,
      `const now = Date.now; const off = ${hours * 3_600_000};
Date.now = () => now() + off;
globalThis.Date = class extends Date { constructor(...args) { args.length === 0 ? super(now() + off) : super(...args); } static now() { return now() + off; } };
`,
    );
  }
  return path;
}

/** Texts that must appear nowhere. */
export const SECRETS = [PASSWORD];
