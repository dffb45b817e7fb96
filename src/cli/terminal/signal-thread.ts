/**
 * A thread that turns SIGTERM into SIGINT while the main thread is busy, because Node can end synchronous work at SIGINT only. Threads can listen to
 * signals by `process.binding` alone. Where that is missing, the system ends the process at SIGTERM, without a message.
 */
import { Worker } from 'node:worker_threads';

export interface Forwarding {
  /** The main thread begins busy work, which `breakable` ends at SIGINT. */
  begin(): void;
  end(): void;
  /** Whether SIGTERM has come, which the event loop may not have handled yet. */
  hasSignal(): boolean;
  close(): void;
}

const SOURCE = `
const { workerData: state } = require('node:worker_threads');
try {
  const { Signal } = process.binding('signal_wrap');
  const signal = new Signal();
  signal.onsignal = () => {
    Atomics.store(state, 1, 1);
    if (Atomics.load(state, 0) === 1) process.kill(process.pid, 'SIGINT');
  };
  signal.start(require('node:os').constants.signals.SIGTERM);
} catch {}
`;

/** Starts the thread. It does not keep the process alive. */
export function forwardSignals(): Forwarding {
  /** Whether the main thread is busy, and whether a signal has come. */
  const state = new Int32Array(new SharedArrayBuffer(8));
  const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };
  const thread = new Worker(SOURCE, { eval: true, workerData: state, resourceLimits, execArgv: [], stderr: true });
  thread.unref();
  thread.on('error', () => undefined);
  return {
    begin: () => void Atomics.store(state, 0, 1),
    end: () => void Atomics.store(state, 0, 0),
    hasSignal: () => Atomics.load(state, 1) === 1,
    close: () => void thread.terminate(),
  };
}
