/**
 * Renews leases: the modification time of a lock file says that its owner is alive, also to processes that cannot look at the
 * owner's process. A thread renews it, because a training step may occupy the main thread for minutes.
 */
import { Worker } from 'node:worker_threads';
import { paced } from './pace.js';

/** Seconds after its last renewal until a lease has expired. */
export const LEASE_SECONDS = paced(60);

/** How often a lease is renewed before it expires. */
const RENEWALS = 6;

/**
 * One byte of the open file is written again, with the same content: the file system sets the time, so that the clocks of
 * two hosts are never compared, and a lock file that replaced this one is not touched.
 */
const THREAD = `
const fs = require('node:fs');
const { parentPort } = require('node:worker_threads');
const leases = new Map();
parentPort.on('message', ({ path, token, every }) => {
  if (every === 0) {
    const lease = leases.get(token);
    if (lease === undefined) return;
    clearInterval(lease.timer);
    fs.closeSync(lease.fd);
    leases.delete(token);
    return;
  }
  try {
    const fd = fs.openSync(path, 'r+');
    const text = fs.readFileSync(fd, 'latin1');
    if (!text.includes(token)) return fs.closeSync(fd);
    const renew = () => { try { fs.writeSync(fd, text.slice(0, 1), 0, 'latin1'); } catch {} };
    leases.set(token, { fd, timer: setInterval(renew, every) });
  } catch {}
});`;

let thread: Worker | undefined;
let renewed = 0;

/**
 * Renews the lease of the lock file `path` until the returned function is called or the process ends. The thread ends with
 * the last lease. It does not keep the process alive.
 * @param token a text that only this owner's file contains
 * @param seconds after which the lease expires without a renewal
 */
export function renewLease(path: string, token: string, seconds: number): () => void {
  thread ??= startThread();
  const own = thread;
  own.postMessage({ path, token, every: (seconds * 1000) / RENEWALS });
  renewed++;
  let renewing = true;
  return () => {
    if (!renewing) return;
    renewing = false;
    own.postMessage({ token, every: 0 });
    if (--renewed > 0) return;
    thread = undefined;
    void own.terminate();
  };
}

function startThread(): Worker {
  const worker = new Worker(THREAD, {
    eval: true,
    env: {},
    execArgv: [],
    name: 'recdistill-lease',
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  worker.unref();
  // Without renewals the lease expires, and others look at the process itself where they can.
  worker.on('error', () => undefined);
  return worker;
}
