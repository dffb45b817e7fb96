export * from './halving.js';
export { openTrialLog, ranked, readTrials, type Trial, type TrialLog } from './log.js';
export { type ModelPlan, plansOf, type Teachers, type TuneOptions, tuneOptions, type Wanted } from './plan.js';
export { bestOf, effortOf, type ModelSearch, presetOf, resultOf } from './result.js';
export { type SearchEvent, type SearchSetting, searchSubject } from './search.js';
export { freeSpace, parseSpaces } from './space.js';
export * from './strategies/index.js';
export { type Subject, type SubjectTask, subjectOf } from './subject.js';
export type { TrialOutcome, Values } from './trial.js';
