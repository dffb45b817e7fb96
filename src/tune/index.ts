export * from './halving.js';
export { openTrialLog, ranked, readTrials, type Trial, type TrialLog } from './log.js';
export { type TuneOptions, tuneOptions, type Wanted } from './plan.js';
export type { ModelSearch } from './result.js';
export { parseSpaces, settleSpace } from './space.js';
export * from './strategies/index.js';
export { runTrial, type TrialOutcome, type TrialTask } from './trial.js';
export * from './tune.js';
