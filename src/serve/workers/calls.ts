/** Remote calls between threads and processes. Errors of recdistill keep their code and details. */
import { type ErrorCode, errorCodes, RecdistillError } from '../../errors.js';

/** A bidirectional message channel. */
export interface Channel {
  post(message: unknown): void;
  onMessage(take: (message: unknown) => void): void;
}

/** Functions that the other end may call. */
export type Handlers = Readonly<Record<string, (given: never) => unknown>>;

export interface Calls {
  /** Calls a function of the other end. @throws the error of its handler; RecdistillError `server-failed` after `hangUp` */
  call(name: string, given?: unknown): Promise<unknown>;
  /** Rejects all pending and future calls, because there will be no response. */
  hangUp(reason: string): void;
}

interface PlainError {
  readonly code?: ErrorCode;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly message: string;
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly given: unknown }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PlainError };

export function createCalls(line: Channel, handlers: Handlers): Calls {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  let cut: string | undefined;
  const answer = async (id: number, name: string, given: unknown): Promise<void> => {
    try {
      const handler = handlers[name];
      if (!handler) throw new Error(`there is no handler for "${name}"`);
      line.post({ kind: 'value', id, value: await handler(given as never) });
    } catch (error) {
      line.post({ kind: 'error', id, error: plainError(error) });
    }
  };
  line.onMessage((raw) => {
    const message = raw as Message;
    if (message.kind === 'call') {
      void answer(message.id, message.name, message.given);
      return;
    }
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'value') asked?.resolve(message.value);
    else asked?.reject(restored(message.error));
  });
  return {
    call(name, given) {
      if (cut !== undefined) return Promise.reject(new RecdistillError('server-failed', { problem: cut }));
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        line.post({ kind: 'call', id, name, given });
      });
    },
    hangUp(problem) {
      cut = problem;
      for (const { reject } of waiting.values()) reject(new RecdistillError('server-failed', { problem }));
      waiting.clear();
    },
  };
}

/** Converts an error to plain data. */
function plainError(error: unknown): PlainError {
  if (!(error instanceof RecdistillError)) return { message: error instanceof Error ? error.message : String(error) };
  const { code, details, message } = error;
  return { code, message, details: JSON.parse(JSON.stringify(details)) as Record<string, unknown> };
}

const restored = ({ code, details, message }: PlainError): Error =>
  code !== undefined && errorCodes.includes(code) ? new RecdistillError(code, { ...details }) : new Error(message);
