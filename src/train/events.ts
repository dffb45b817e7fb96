/** Everything the loop does is told as an event; progress bars, logs, run folders and dashboards only listen. */
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
  /** Quality on test on the way, where a report is to show it; nothing is selected by it. */
  | { readonly type: 'test'; readonly epoch: number; readonly metrics: Readonly<Record<string, number>> }
  | { readonly type: 'checkpoint'; readonly epoch: number }
  /** What a method wants to tell of its own state, e.g. which checkpoints its users have reached. */
  | {
      readonly type: 'method';
      readonly epoch: number;
      readonly method: string;
      readonly details: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'note'; readonly message: string }
  /** How far work that is no epoch is, such as computing a model or ranking; told while it goes on, and kept in no log. */
  | ({ readonly type: 'progress' } & Advance)
  /** About how long work will take that is no epoch, told before it. */
  | { readonly type: 'estimate'; readonly what: string; readonly seconds: number }
  | { readonly type: 'stop'; readonly epoch: number; readonly bestEpoch: number; readonly reason: StopReason };

/** `stopped`: the validation said so, as when other trials of a search have done better by the same epoch. */
export type StopReason = 'epochs' | 'patience' | 'stopped' | 'diverged' | 'interrupted';

export type Listener = (event: TrainEvent) => void;
