/** Training runs whose results are compared bit by bit: uninterrupted, resumed from checkpoints, and with any number of threads. */
import assert from 'node:assert/strict';
import type { Dataset } from '../data/index.js';
import { createKernels, type Kernels } from '../kernels/index.js';
import type { Parameter, TrainableModel, TrainOptions } from '../models/index.js';
import { type Hooks, type LoopCheckpoint, type LoopStore, runLoop, type TrainEvent } from '../train/index.js';

type ClosedHooks = Hooks & { close(): void };

/** A run that can be started repeatedly. */
export interface TrainRun {
  readonly data: Dataset;
  readonly options: TrainOptions;
  create(k: Kernels): Promise<TrainableModel>;
  /** Hooks of a method. Closed after the run. */
  method?(k: Kernels, model: TrainableModel, batchesPerEpoch: number): ClosedHooks | Promise<ClosedHooks>;
}

const MEMORY = 256e6;

/** The bits of all parameters after the whole run. */
export async function trainedBits(run: TrainRun, threads: number): Promise<string> {
  const k = createKernels({ threads, memoryLimit: MEMORY });
  const bits = await part(run, k);
  k.close();
  return bits;
}

/** The same, interrupted after each epoch of `stops` and resumed by a new model from its checkpoint. */
export async function trainedInPartsBits(run: TrainRun, stops: readonly number[]): Promise<string> {
  const k = createKernels({ threads: 1, memoryLimit: MEMORY });
  const store = diskLike();
  for (const epoch of stops) await part(run, k, store, epoch);
  const bits = await part(run, k, store);
  k.close();
  return bits;
}

/** Stores checkpoints as a disk would: a copy of the state, through JSON. */
function diskLike(): LoopStore {
  let kept: LoopCheckpoint | undefined;
  return {
    save(c) {
      const tensors = Object.fromEntries(
        Object.entries(c.tensors).map(([name, t]) => [name, { shape: t.shape, data: t.data.slice() }]),
      );
      kept = { epoch: c.epoch, tensors, state: JSON.parse(JSON.stringify(c.state)) as Record<string, unknown> };
    },
    load: () => kept,
  };
}

async function part(run: TrainRun, k: Kernels, store?: LoopStore, until?: number): Promise<string> {
  const model = await run.create(k);
  let method: ClosedHooks | undefined;
  const stop = new AbortController();
  const task = runLoop({
    kernels: k,
    model,
    train: run.data.train,
    options: run.options,
    validate: (epoch) => ({ value: epoch, metrics: {} }),
    async hooks(batchesPerEpoch) {
      method = await run.method?.(k, model, batchesPerEpoch);
      return method ?? { base: 'kept' };
    },
    signal: stop.signal,
    listen: (e: TrainEvent) => void (e.type === 'epoch' && e.epoch === until && stop.abort()),
    ...(store ? { store } : {}),
  });
  if (until === undefined) await task;
  else await assert.rejects(task, (error: { code?: string }) => error.code === 'interrupted');
  const bits = bitsOf(model.parameters);
  method?.close();
  model.close();
  return bits;
}

const bitsOf = (parameters: readonly Parameter[]): string =>
  parameters
    .map((p) => Buffer.from(p.values.buffer, p.values.byteOffset, p.values.byteLength).toString('base64'))
    .join(' ');
