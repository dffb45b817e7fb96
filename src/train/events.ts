/** Events of the training loop. Progress bars, logs, run folders and dashboards listen to them. */
import type { Json } from '../options/json.js';
import type { Advance } from '../progress.js';

export type TrainEvent =
  | {
      readonly type: 'start';
      readonly model: string;
      readonly epoch: number;
      readonly epochs: number;
      readonly batches: number;
    }
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'evaluation';
      readonly epoch: number;
      readonly metrics: Readonly<Record<string, number>>;
      readonly best: boolean;
      readonly seconds: number;
    }
  /** Test metrics during training, for the curves of a report. They select nothing. */
  | { readonly type: 'test'; readonly epoch: number; readonly metrics: Readonly<Record<string, number>> }
  | { readonly type: 'checkpoint'; readonly epoch: number }
  /** The state that a method reports, for example how many users are at each checkpoint. */
  | {
      readonly type: 'method';
      readonly epoch: number;
      readonly method: string;
      readonly details: Readonly<Record<string, Json>>;
    }
  | { readonly type: 'note'; readonly message: string }
  /** Progress of work without epochs, such as computing a model or ranking. Not stored in logs. */
  | ({ readonly type: 'progress' } & Advance)
  /** Estimated duration of work without epochs, emitted before it. */
  | { readonly type: 'estimate'; readonly what: string; readonly seconds: number }
  | { readonly type: 'stop'; readonly epoch: number; readonly bestEpoch: number; readonly reason: StopReason };

/** `stopped`: `validate` requested it, for example because other trials of a search were better at the same epoch. */
export type StopReason = 'epochs' | 'patience' | 'stopped' | 'diverged' | 'interrupted';

export type Listener = (event: TrainEvent) => void;
