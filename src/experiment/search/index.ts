export * from './halving.js';
export { openTrialLog, ranked, readTrials, type Trial, type TrialLog } from './log.js';
export { type TuneOptions, tuneOptions, type Wanted } from './plan.js';
export { bestOf, type ModelSearch } from './result.js';
export { type SearchSetting, type Subject, searchSubject, startOf, type TuneEvent } from './search.js';
export { parseSpaces, settleSpace } from './space.js';
export * from './strategies/index.js';
export { runTrial, type TrialOutcome, type TrialTask } from './trial.js';
export * from './tune.js';
