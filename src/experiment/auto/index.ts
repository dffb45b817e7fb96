export { type AutoContext, type AutoRequest, type AutoResult, type PlannedAuto, planAuto, runAuto } from './auto.js';
export type { AutoCandidate } from './candidate.js';
export type { AutoChoice, Candidate, Rival } from './choose.js';
export type { Best, BestEnsemble } from './ensemble.js';
export { type AutoOptions, autoOptions, checkAuto } from './options.js';
export type { Rung } from './rungs.js';
