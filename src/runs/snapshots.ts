/** Snapshots of rankings during a run, from which its trajectory is selected: in the run folder, or in memory. */
import fs from 'node:fs';
import { join } from 'node:path';
import type { Rankings } from '../data/rankings.js';
import type { TrajectoryCheckpoint } from '../data/trajectory.js';
import { makeFolder } from '../formats/index.js';
import { chooseEpochs, isKept, strideAfter, type TrajectoryOptions } from '../train/trajectory.js';
import { readRankings, writeRankings } from './rankings-file.js';

type Metrics = Readonly<Record<string, number>>;

export interface Snapshots {
  /** Adds the snapshot of an evaluation. `best`: it is the best epoch so far. */
  add(epoch: number, rankings: Rankings, metrics: Metrics, best: boolean): void;
  /**
   * The checkpoints of the trajectory of a run with best epoch `best`.
   * @param quality selects the metric of a snapshot
   */
  choose(best: number, o: TrajectoryOptions, quality: (metrics: Metrics) => number): TrajectoryCheckpoint[];
  /** Removes all snapshots. */
  remove(): void;
}

interface Shelf {
  put(name: string, c: TrajectoryCheckpoint): void;
  get(name: string): TrajectoryCheckpoint;
  drop(name: string): void;
  epochs(): number[];
}

const BEST = 'best';

/** @param every epochs between two evaluations; snapshots are stored at an increasing multiple of it */
export function createSnapshots(every: number, folder: string | undefined): Snapshots {
  const shelf = folder === undefined ? inMemory() : onDisk(folder);
  return {
    add(epoch, rankings, metrics, best) {
      const number = (e: number) => Math.ceil(e / every);
      const stride = strideAfter(number(epoch));
      for (const e of shelf.epochs()) if (!isKept(number(e), stride)) shelf.drop(String(e));
      if (isKept(number(epoch), stride)) shelf.put(String(epoch), { epoch, rankings, metrics });
      if (best) shelf.put(BEST, { epoch, rankings, metrics });
    },
    choose(best, o, quality) {
      const of = (name: string) => quality(shelf.get(name).metrics);
      const kept = shelf.epochs().map((epoch) => ({ epoch, quality: of(String(epoch)) }));
      const epochs = chooseEpochs(kept, { epoch: best, quality: of(BEST) }, o);
      return epochs.map((e) => shelf.get(e === best ? BEST : String(e)));
    },
    remove() {
      for (const e of shelf.epochs()) shelf.drop(String(e));
      shelf.drop(BEST);
      if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

function inMemory(): Shelf {
  const shelf = new Map<string, TrajectoryCheckpoint>();
  return {
    put: (name, c) => void shelf.set(name, c),
    get: (name) => shelf.get(name)!,
    drop: (name) => void shelf.delete(name),
    epochs: () => [...shelf.keys()].filter((name) => name !== BEST).map(Number),
  };
}

function onDisk(folder: string): Shelf {
  const path = (name: string) => join(folder, `${name}.safetensors`);
  return {
    put(name, { epoch, rankings, metrics }) {
      makeFolder(folder);
      writeRankings(path(name), rankings, { epoch: String(epoch), metrics: JSON.stringify(metrics) });
    },
    get(name) {
      const { rankings, meta } = readRankings(path(name));
      return {
        epoch: Number(meta.get('epoch')),
        rankings,
        metrics: JSON.parse(meta.get('metrics') ?? '{}') as Metrics,
      };
    },
    drop: (name) => fs.rmSync(path(name), { force: true }),
    epochs: () =>
      (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
        .flatMap((name) => /^(\d+)\.safetensors$/.exec(name)?.[1] ?? [])
        .map(Number),
  };
}
