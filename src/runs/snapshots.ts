/** Snapshots of rankings during a run, from which its trajectory is selected: in the run folder, or in memory. */
import fs from 'node:fs';
import { join } from 'node:path';
import type { Rankings } from '../data/rankings.js';
import type { TrajectoryCheckpoint } from '../data/trajectory.js';
import { discard, makeFolder, parseJsonOf, writing } from '../formats/index.js';
import { atOnce, eachInParts, within } from '../progress.js';
import { chooseEpochs, isKept, strideAfter, type TrajectoryOptions } from '../train/trajectory.js';
import { readingRankings, writingRankings } from './rankings-file.js';

type Metrics = Readonly<Record<string, number>>;

/** What reads or writes large files works in parts. If it is stopped between them, every file is whole, or as it was. */
export interface Snapshots {
  /** Adds the snapshot of an evaluation. `best`: it is the best epoch so far. */
  add(epoch: number, rankings: Rankings, metrics: Metrics, best: boolean): Generator<number, void>;
  /** Whether `add` would keep the rankings of this epoch. */
  keeps(epoch: number, best: boolean): boolean;
  /** Writes what is not on disk yet. Must come before a checkpoint of the training, which continues from these snapshots. */
  flush(): Generator<number, void>;
  /**
   * The checkpoints of the trajectory of a run with best epoch `best`. The other snapshots are removed.
   * @param quality selects the metric of a snapshot
   */
  choose(
    best: number,
    o: TrajectoryOptions,
    quality: (metrics: Metrics) => number,
  ): Generator<number, TrajectoryCheckpoint[]>;
  /** The same for a trajectory whose epochs are given. `best` is the last of them. */
  keep(epochs: readonly number[], best: number): Generator<number, TrajectoryCheckpoint[]>;
  /** Removes all snapshots. */
  remove(): void;
}

interface Shelf {
  put(name: string, c: TrajectoryCheckpoint): Generator<number, void>;
  get(name: string): Generator<number, TrajectoryCheckpoint>;
  metricsOf(name: string): Generator<number, Metrics>;
  drop(name: string): void;
  names(): string[];
  flush(): Generator<number, void>;
}

const BEST = 'best';
/** Snapshots that are not on disk yet take at most this much memory. */
const MOST_BYTES = 64e6;

/**
 * @param every epochs between two evaluations; snapshots are stored at an increasing multiple of it
 * @param mostBytes memory of the snapshots that are not on disk yet
 */
export function createSnapshots(every: number, folder: string | undefined, mostBytes = MOST_BYTES): Snapshots {
  const shelf = folder === undefined ? inMemory() : onDisk(folder, mostBytes);
  const number = (epoch: number) => Math.ceil(epoch / every);
  // In one order, whatever the disk gives: of two equally good snapshots the earlier one is chosen.
  const epochs = () =>
    shelf
      .names()
      .flatMap((name) => (name === BEST ? [] : [Number(name)]))
      .sort((a, b) => a - b);
  function* only(wanted: readonly number[], best: number): Generator<number, TrajectoryCheckpoint[]> {
    const names = wanted.map((e) => (e === best ? BEST : String(e)));
    for (const name of shelf.names()) if (!names.includes(name)) shelf.drop(name);
    return yield* eachInParts(names, shelf.get);
  }
  return {
    *add(epoch, rankings, metrics, best) {
      const stride = strideAfter(number(epoch));
      for (const e of epochs()) if (!isKept(number(e), stride)) shelf.drop(String(e));
      const snapshot = { epoch, rankings, metrics };
      if (isKept(number(epoch), stride)) yield* within(shelf.put(String(epoch), snapshot), 0, 0.5);
      if (best) yield* within(shelf.put(BEST, snapshot), 0.5, 1);
    },
    keeps: (epoch, best) => best || isKept(number(epoch), strideAfter(number(epoch))),
    flush: shelf.flush,
    *choose(best, o, quality) {
      function* of(name: string) {
        return quality(yield* shelf.metricsOf(name));
      }
      const looking = eachInParts(epochs(), function* (epoch) {
        return { epoch, quality: yield* of(String(epoch)) };
      });
      const kept = yield* within(looking, 0, 0.4);
      const last = { epoch: best, quality: yield* within(of(BEST), 0.4, 0.5) };
      return yield* within(only(chooseEpochs(kept, last, o), best), 0.5, 1);
    },
    keep: only,
    remove() {
      if (folder !== undefined) return discard(folder);
      for (const name of shelf.names()) shelf.drop(name);
    },
  };
}

function inMemory(): Shelf {
  const shelf = new Map<string, TrajectoryCheckpoint>();
  return {
    put: (name, c) => atOnce(() => void shelf.set(name, c)),
    get: (name) => atOnce(() => shelf.get(name)!),
    metricsOf: (name) => atOnce(() => shelf.get(name)!.metrics),
    drop: (name) => void shelf.delete(name),
    names: () => [...shelf.keys()],
    flush: () => atOnce(() => {}),
  };
}

/** Most snapshots are dropped again soon: they are written when a checkpoint is, or when they take much memory. */
function onDisk(folder: string, mostBytes: number): Shelf {
  const path = (name: string) => join(folder, `${name}.safetensors`);
  const pending = new Map<string, TrajectoryCheckpoint>();
  const bytes = () =>
    [...new Set(pending.values())].reduce((sum, { rankings }) => sum + rankings.nUsers * rankings.depth * 4, 0);
  /** Of snapshots that this process has written or read, so that their files are not read for them. */
  const known = new Map<string, Metrics>();
  function* flush(): Generator<number, void> {
    if (pending.size === 0) return;
    makeFolder(folder);
    yield* eachInParts([...pending], function* ([name, { epoch, rankings, metrics }]) {
      const meta = { epoch: String(epoch), metrics: JSON.stringify(metrics) };
      yield* writingRankings(path(name), rankings, meta);
    });
    pending.clear();
  }
  function* get(name: string): Generator<number, TrajectoryCheckpoint> {
    const waiting = pending.get(name);
    if (waiting) return waiting;
    const { rankings, meta } = yield* readingRankings(path(name));
    const metrics = parseJsonOf(path(name), meta.get('metrics') ?? '{}') as Metrics;
    known.set(name, metrics);
    return { epoch: Number(meta.get('epoch')), rankings, metrics };
  }
  const written = () =>
    (fs.existsSync(folder) ? fs.readdirSync(folder) : []).flatMap(
      (file) => /^(\d+|best)\.safetensors$/.exec(file)?.[1] ?? [],
    );
  return {
    *put(name, c) {
      pending.set(name, c);
      known.set(name, c.metrics);
      if (bytes() > mostBytes) yield* flush();
    },
    get,
    *metricsOf(name) {
      return known.get(name) ?? (yield* get(name)).metrics;
    },
    drop(name) {
      pending.delete(name);
      known.delete(name);
      writing(path(name), () => fs.rmSync(path(name), { force: true }));
    },
    names: () => [...new Set([...written(), ...pending.keys()])],
    flush,
  };
}
