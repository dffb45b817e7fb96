export * from './atomic.js';
export * from './io-error.js';
export { appendLine, keepLines, readJsonLines, readLines, syncFile } from './lines.js';
export { acquireLock, isLockFile } from './lock.js';
export { packageVersion } from './package-version.js';
export { type ReadSafetensors, readSafetensors, tensorOf, writeSafetensors } from './safetensors.js';
export { hashOf, parseJsonFile, readSealedJson, writeSealedJson } from './sealed-json.js';
