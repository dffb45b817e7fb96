export * from './atomic.js';
export * from './io-error.js';
export { appendLine, readJsonLines } from './lines.js';
export { acquireLock } from './lock.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export { parseJsonFile } from './sealed-json.js';
