export { DOCUMENT, NAMES } from '../student/bounded-json.js';
export * from './atomic.js';
export * from './io-error.js';
export { appendLine, readJsonLines } from './lines.js';
export { acquireLock } from './lock.js';
export { readBytes } from './read.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export { parseJsonFile, parseJsonOf, readJsonObject } from './sealed-json.js';
