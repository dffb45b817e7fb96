export * from './halving.js';
export { openTrialLog, ranked, readTrials, type Trial, type TrialLog } from './log.js';
export { type ModelPlan, plansOf, type Teachers, type TuneOptions, tuneOptions, type Wanted } from './plan.js';
export { bestOf, type ModelSearch, presetOf, resultOf } from './result.js';
export { type SearchEvent, type SearchSetting, type Subject, searchSubject, startOf } from './search.js';
export { parseSpaces, settleSpace } from './space.js';
export * from './strategies/index.js';
export { type TaughtStudent, taughtSubject } from './taught.js';
export { runTrial, type TrialOutcome, type TrialTask } from './trial.js';
