export { entriesOf, type StudyEntries } from './entries.js';
export { type StudyEntry, type StudyOptions, studyOptions } from './options.js';
export type { StudyPopularity, StudyTransfer } from './popularity.js';
export { deviation, mean, meanEvaluation, type StudyRow } from './result.js';
export type { Tuned } from './search.js';
export * from './study.js';
