/** Messages between a process that runs a graph and its children. They are sent by structured clone, so that NaN stays NaN. */
import { type ErrorCode, errorCodes, RecdistillError } from '../../../errors.js';
import type { Arithmetic } from '../../../kernels/index.js';
import type { JobEvent } from '../events.js';
import type { Done, Task } from '../executor.js';

export type ToChild =
  | {
      readonly type: 'machine';
      readonly threads: number;
      readonly memoryLimit?: number;
      readonly arithmetic: Arithmetic;
    }
  | { readonly type: 'task'; readonly task: Task }
  /** Stop at the next checkpoint. */
  | { readonly type: 'stop' };

export type FromChild =
  | { readonly type: 'event'; readonly event: JobEvent }
  | { readonly type: 'done'; readonly done: Pick<Done, 'reused' | 'trials'> }
  | { readonly type: 'failed'; readonly error: SentError };

/** An error as JSON values. */
export interface SentError {
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly stack?: string;
}

export function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  const more = stack === undefined ? {} : { stack };
  if (!(error instanceof RecdistillError)) return { message, ...more };
  const details = JSON.parse(JSON.stringify(error.details)) as Readonly<Record<string, unknown>>;
  return { message, ...more, code: error.code, details };
}

/** The error that was sent, with its details as JSON values. */
export function receivedError({ code, details, message, stack }: SentError): Error {
  const known = errorCodes.find((c): c is ErrorCode => c === code);
  const error = known === undefined ? new Error(message) : new RecdistillError(known, { ...details });
  if (stack !== undefined) error.stack = stack;
  return error;
}
