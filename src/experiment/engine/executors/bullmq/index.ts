export {
  type Cancelled,
  cancelQueued,
  type QueuedState,
  type QueueRequest,
  type QueueStatus,
  queueStatus,
} from './control.js';
export { type QueueOptions, queueExecutor } from './executor.js';
export { QUEUE_VARIABLE, type QueueAddress, queueAddress } from './redis.js';
export { serveQueue, type WorkerOptions, type WorkerResult } from './worker.js';
