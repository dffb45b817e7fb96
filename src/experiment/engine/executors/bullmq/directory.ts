/**
 * What workers and plans know of each other besides the jobs: who is there, which queues exist, what is to be cancelled. Everything here may be
 * lost: its owner writes it again. Times are those of Redis, so that clocks are never compared.
 */
import type { Redis } from 'ioredis';
import { paced } from '../../../../formats/pace.js';
import { PREFIX } from './redis.js';
import type { Requirement, WorkerInfo } from './requirement.js';

/** Seconds after its last heartbeat until a worker or a plan counts as gone, and between two heartbeats. */
export const [GONE_SECONDS, HEARTBEAT_SECONDS] = [paced(30), paced(10)];

/** How long a request to cancel is kept, in seconds: longer than any job is without a checkpoint. */
const CANCEL_SECONDS = 86_400;

/** What is at work at the moment. */
export interface CurrentJob {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
}

export interface PresentWorker extends WorkerInfo {
  readonly current: readonly CurrentJob[];
  /** Why it does not take the jobs that plans wait for, by queue: what only the worker itself can know is here, such as a module that it lacks. */
  readonly against?: Readonly<Record<string, string>>;
}

/** A process that runs a plan. */
export interface PresentPlan {
  readonly id: string;
  readonly plan: string;
  readonly store: string;
  readonly host: string;
  readonly pid: number;
  /** Jobs that it waits for now. */
  readonly waiting: number;
  readonly done: number;
  readonly failed: number;
}

/** Entries that their owners repeat while they are there. */
export interface Present<T extends { readonly id: string }> {
  /** Registers the entry, or renews it: a heartbeat. */
  announce(entry: T): Promise<void>;
  leave(id: string): Promise<void>;
  /** In the order of their ids. */
  list(): Promise<readonly T[]>;
}

export interface Directory {
  readonly workers: Present<PresentWorker>;
  readonly plans: Present<PresentPlan>;
  /** The queues of jobs, with what their jobs require. */
  queues(): Promise<ReadonlyMap<string, Requirement>>;
  addQueue(name: string, requirement: Requirement): Promise<void>;
  dropQueue(name: string): Promise<void>;
  /** Notes that a plan waits for a job. @param plan id of the plan */
  watch(job: string, plan: string): Promise<void>;
  /** @returns whether no other plan that is there waits for the job */
  unwatch(job: string, plan: string): Promise<boolean>;
  /** Asks for the end of a worker whose store is a copy of that of a plan. @param plan its name */
  refuseCopy(worker: string, plan: string): Promise<void>;
  /** The plan of whose store that of the worker is a copy. */
  copyOf(worker: string): Promise<string | null>;
  /** Asks for the end of a job or a plan. @param id of it */
  cancel(id: string): Promise<void>;
  isCancelled(id: string): Promise<boolean>;
  uncancel(id: string): Promise<void>;
}

const key = (...parts: readonly string[]): string => [PREFIX, ...parts].join(':');

export function directoryOf(redis: Redis): Directory {
  const workers = presentIn<PresentWorker>(redis, 'workers');
  const plans = presentIn<PresentPlan>(redis, 'plans');
  const [queues, watchers] = [key('queues'), (job: string) => key('watchers', job)];
  return {
    ...{ workers, plans },
    async queues() {
      const all = Object.entries(await redis.hgetall(queues));
      return new Map(all.map(([name, text]) => [name, JSON.parse(text) as Requirement]));
    },
    async addQueue(name, requirement) {
      await redis.hset(queues, name, JSON.stringify(requirement));
    },
    async dropQueue(name) {
      await redis.hdel(queues, name);
    },
    async watch(job, plan) {
      await redis.sadd(watchers(job), plan);
      await redis.expire(watchers(job), CANCEL_SECONDS * 30);
    },
    async unwatch(job, plan) {
      await redis.srem(watchers(job), plan);
      const [left, present] = await Promise.all([redis.smembers(watchers(job)), plans.list()]);
      return !left.some((id) => present.some((other) => other.id === id));
    },
    async refuseCopy(worker, plan) {
      await redis.set(key('copy', worker), plan, 'EX', CANCEL_SECONDS);
    },
    copyOf: (worker) => redis.get(key('copy', worker)),
    async cancel(id) {
      await redis.set(key('cancel', id), '1', 'EX', CANCEL_SECONDS);
    },
    isCancelled: async (id) => (await redis.exists(key('cancel', id))) === 1,
    async uncancel(id) {
      await redis.del(key('cancel', id));
    },
  };
}

function presentIn<T extends { readonly id: string }>(redis: Redis, what: string): Present<T> {
  const [heartbeats, entries] = [key(what), key(what, 'entries')];
  const now = async (): Promise<number> => {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) + Number(microseconds) / 1e6;
  };
  return {
    async announce(entry) {
      const at = await now();
      await Promise.all([redis.zadd(heartbeats, at, entry.id), redis.hset(entries, entry.id, JSON.stringify(entry))]);
    },
    async leave(id) {
      await Promise.all([redis.zrem(heartbeats, id), redis.hdel(entries, id)]);
    },
    async list() {
      const oldest = (await now()) - GONE_SECONDS;
      const gone = await redis.zrangebyscore(heartbeats, '-inf', `(${oldest}`);
      if (gone.length > 0) await Promise.all([redis.zrem(heartbeats, ...gone), redis.hdel(entries, ...gone)]);
      const all = Object.values(await redis.hgetall(entries)).map((text) => JSON.parse(text) as T);
      return all.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}
