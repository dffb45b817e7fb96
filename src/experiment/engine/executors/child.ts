/** A child process that runs jobs, one after the other. `processes.ts` starts it, and it ends when the channel to its parent closes. */
import { type Dataset, loadDataset, readStored } from '../../../data/index.js';
import { fail } from '../../../errors.js';
import { createKernels, type Kernels, wordOf } from '../../../kernels/index.js';
import { kernelShare, planMemory } from '../../../memory/index.js';
import { strayError, usedModules, useModule } from '../../../options/use.js';
import type { Task } from '../executor.js';
import type { Setting } from '../job.js';
import { loadsData, perform } from '../kinds/index.js';
import { type FromChild, sentError, type ToChild } from './messages.js';

let kernels: Kernels | undefined;
let loaded: { readonly options: string; readonly dataset: Dataset } | undefined;
/** Stops the current job. */
let stop: AbortController | undefined;
let disconnected = false;

const send = (message: FromChild): void => {
  if (process.connected) process.send!(message);
};

process.on('message', (message: ToChild) => {
  if (message.type === 'machine') begin(message);
  else if (message.type === 'stop') stop?.abort();
  else void work(message.task);
});

process.on('disconnect', () => {
  disconnected = true;
  stop?.abort();
  if (!stop) leave();
});

// The parent tells its children to stop. A terminal may nevertheless send these signals to all processes of a session.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop?.abort());

// An error that no function of a job returned, such as that of a promise which a unit forgot. Without an answer the job would be tried again.
process.on('uncaughtException', (error) => {
  const message: FromChild = { type: 'failed', error: sentError(strayError(error)) };
  if (process.connected) process.send!(message, leave);
  else leave();
});

function begin({ threads, memoryLimit, arithmetic }: ToChild & { readonly type: 'machine' }): void {
  planMemory({ threads, memoryLimit });
  const limit = memoryLimit === undefined ? {} : { memoryLimit: Math.min(2 ** 32, kernelShare(memoryLimit, threads)) };
  kernels = createKernels({ threads, arithmetic: wordOf(arithmetic), ...limit });
}

async function work(task: Task): Promise<void> {
  const stopped = new AbortController();
  stop = stopped;
  try {
    for (const file of task.uses) if (!usedModules().includes(file)) await useModule(file);
    const own = loadsData(task.job) ? { dataset: await checkedData(task) } : {};
    const control = { listen, signal: stopped.signal, teacher: none, saved: none };
    const { reused, trials } = await perform(task, { ...own, kernels: kernels! }, control);
    send({ type: 'done', done: { reused, ...(trials ? { trials } : {}) } });
  } catch (error) {
    send({ type: 'failed', error: sentError(error) });
  } finally {
    stop = undefined;
    if (disconnected) leave();
  }
}

const listen = (event: (FromChild & { readonly type: 'event' })['event']): void => send({ type: 'event', event });

/** A child has no results in memory: they are in run folders. */
const none = (): undefined => undefined;

/** @throws RecdistillError `artifact-differs` if it is not the data that the job was planned with */
async function checkedData({ setting, stored, dataFingerprint, folder }: Task): Promise<Dataset> {
  const dataset = await dataOf(setting, stored);
  if (dataset.fingerprint === dataFingerprint) return dataset;
  const [was, is] = [dataFingerprint, dataset.fingerprint].map((hash) => hash.slice(0, 12));
  return fail('artifact-differs', {
    ...{ path: folder, what: 'data' },
    difference: `fingerprint was ${was} when the plan was made, now it is ${is}`,
  });
}

async function dataOf({ data = {} }: Setting, stored: string | undefined): Promise<Dataset> {
  const options = stored ?? JSON.stringify(data);
  if (loaded?.options !== options) {
    // The data before is freed first.
    loaded = undefined;
    loaded = { options, dataset: stored === undefined ? await loadDataset(data) : readStored(stored) };
  }
  return loaded.dataset;
}

function leave(): void {
  kernels?.close();
  process.exit(0);
}
