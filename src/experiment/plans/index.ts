export { type PlanContext, runPrepared } from './context.js';
export type { FinalOfPlan } from './final.js';
export {
  bestDirect,
  type Gain,
  type MatchedEntry,
  type MatchedPlan,
  matchedEntries,
  type PlanEntry,
  type SizedRow,
  usableOn,
  withBestDirect,
} from './matched.js';
export * from './pipeline.js';
export { type PipelineOptions, pipelineOptions, type Role, withPreset } from './plan.js';
export * from './study/index.js';
export * from './train.js';
export * from './tune.js';
