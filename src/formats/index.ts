export { DOCUMENT, NAMES } from '../student/bounded-json.js';
export * from './atomic.js';
export * from './io-error.js';
export { appendLine, readSealedLines, sealedLine } from './lines.js';
export { acquireLock } from './lock.js';
export { digestOf, readBytes } from './read.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export { parseJsonFile, parseJsonOf, readCheckedJson, readJsonObject, sealedText } from './sealed-json.js';
export { discard } from './temporary-names.js';
