/** Snapshots of rankings during a run, from which its trajectory is selected: in the run folder, or in memory. */
import fs from 'node:fs';
import { join } from 'node:path';
import type { Rankings } from '../data/rankings.js';
import type { TrajectoryCheckpoint } from '../data/trajectory.js';
import { discard, makeFolder, parseJsonOf, writing } from '../formats/index.js';
import { chooseEpochs, isKept, strideAfter, type TrajectoryOptions } from '../train/trajectory.js';
import { readRankings, writeRankings } from './rankings-file.js';

type Metrics = Readonly<Record<string, number>>;

export interface Snapshots {
  /** Adds the snapshot of an evaluation. `best`: it is the best epoch so far. */
  add(epoch: number, rankings: Rankings, metrics: Metrics, best: boolean): void;
  /** Whether `add` would keep the rankings of this epoch. */
  keeps(epoch: number, best: boolean): boolean;
  /** Writes what is not on disk yet. Must come before a checkpoint of the training, which continues from these snapshots. */
  flush(): void;
  /**
   * The checkpoints of the trajectory of a run with best epoch `best`. The other snapshots are removed.
   * @param quality selects the metric of a snapshot
   */
  choose(best: number, o: TrajectoryOptions, quality: (metrics: Metrics) => number): TrajectoryCheckpoint[];
  /** The same for a trajectory whose epochs are given. `best` is the last of them. */
  keep(epochs: readonly number[], best: number): TrajectoryCheckpoint[];
  /** Removes all snapshots. */
  remove(): void;
}

interface Shelf {
  put(name: string, c: TrajectoryCheckpoint): void;
  get(name: string): TrajectoryCheckpoint;
  drop(name: string): void;
  names(): string[];
  flush(): void;
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
  const only = (wanted: readonly number[], best: number): TrajectoryCheckpoint[] => {
    const names = wanted.map((e) => (e === best ? BEST : String(e)));
    for (const name of shelf.names()) if (!names.includes(name)) shelf.drop(name);
    return names.map((name) => shelf.get(name));
  };
  return {
    add(epoch, rankings, metrics, best) {
      const stride = strideAfter(number(epoch));
      for (const e of epochs()) if (!isKept(number(e), stride)) shelf.drop(String(e));
      const snapshot = { epoch, rankings, metrics };
      if (isKept(number(epoch), stride)) shelf.put(String(epoch), snapshot);
      if (best) shelf.put(BEST, snapshot);
    },
    keeps: (epoch, best) => best || isKept(number(epoch), strideAfter(number(epoch))),
    flush: shelf.flush,
    choose(best, o, quality) {
      const of = (name: string) => quality(shelf.get(name).metrics);
      const kept = epochs().map((epoch) => ({ epoch, quality: of(String(epoch)) }));
      return only(chooseEpochs(kept, { epoch: best, quality: of(BEST) }, o), best);
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
    put: (name, c) => void shelf.set(name, c),
    get: (name) => shelf.get(name)!,
    drop: (name) => void shelf.delete(name),
    names: () => [...shelf.keys()],
    flush() {},
  };
}

/** Most snapshots are dropped again soon: they are written when a checkpoint is, or when they take much memory. */
function onDisk(folder: string, mostBytes: number): Shelf {
  const path = (name: string) => join(folder, `${name}.safetensors`);
  const pending = new Map<string, TrajectoryCheckpoint>();
  const bytes = () =>
    [...new Set(pending.values())].reduce((sum, { rankings }) => sum + rankings.nUsers * rankings.depth * 4, 0);
  const write = (name: string, { epoch, rankings, metrics }: TrajectoryCheckpoint) => {
    makeFolder(folder);
    writeRankings(path(name), rankings, { epoch: String(epoch), metrics: JSON.stringify(metrics) });
  };
  const flush = () => {
    for (const [name, c] of pending) write(name, c);
    pending.clear();
  };
  const written = () =>
    (fs.existsSync(folder) ? fs.readdirSync(folder) : []).flatMap(
      (file) => /^(\d+|best)\.safetensors$/.exec(file)?.[1] ?? [],
    );
  return {
    put(name, c) {
      pending.set(name, c);
      if (bytes() > mostBytes) flush();
    },
    get(name) {
      const waiting = pending.get(name);
      if (waiting) return waiting;
      const { rankings, meta } = readRankings(path(name));
      return {
        epoch: Number(meta.get('epoch')),
        rankings,
        metrics: parseJsonOf(path(name), meta.get('metrics') ?? '{}') as Metrics,
      };
    },
    drop(name) {
      pending.delete(name);
      writing(path(name), () => fs.rmSync(path(name), { force: true }));
    },
    names: () => [...new Set([...written(), ...pending.keys()])],
    flush,
  };
}
