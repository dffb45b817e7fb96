export { type Checkpoint, type DamagedCheckpoint, newestEpoch } from './checkpoint.js';
export { type CoTrainRequest, coTrain, coTrainingTask, sideTask } from './co-train.js';
export { type CoTrainPlan, coTrainedOnly, coTrainSpec, pairInputs, planCoTraining } from './co-train-plan.js';
export { type ContinueCounts, type ContinueReport, continueFrom } from './continue-from.js';
export {
  checkEnsemble,
  checkWeighing,
  choiceText,
  chosenKind,
  fuseTested,
  importanceOf,
  validLists,
  type Weighable,
  type WeighTask,
  weighTeachers,
} from './ensemble.js';
export * from './estimate.js';
export * from './external.js';
export { type FinalRequest, finalFit } from './final.js';
export { type FinalContext, type FinalRun, finalOfRun, refuseFinal } from './final-of-run.js';
export * from './finished.js';
export { foldInHistories } from './fold-in-histories.js';
export { dataSizeOf } from './from-data.js';
export * from './job.js';
export * from './link.js';
export { evaluationParts, importParts, type ListsSize, writtenListsParts } from './lists-cost.js';
export { type ListsOptions, readingLists } from './lists-of-run.js';
export {
  capabilitiesOf,
  checkHeldOut,
  checkNeeds,
  checkStudent,
  expectHeldOut,
  modelOfTeacher,
  profileOf,
  readMethodOptions,
  splitOptions,
  type TeacherProfile,
  teachingOnly,
} from './method.js';
export { createMethodHooks, type Teaching } from './method-hooks.js';
export { nameFinished, nameItems } from './names.js';
export * from './outcome.js';
export { popularValue } from './popular.js';
export * from './rankings-file.js';
export { type RunLogs, readLogs } from './read-logs.js';
export type { JobRequest } from './request.js';
export { changedRevisions, revisionsOf } from './revisions.js';
export * from './run-folder.js';
export * from './run-manifest.js';
export * from './run-spec.js';
export { readSavedModel, type SavedModel, savedModelOf, untrainedModel } from './saved-model.js';
export { readStart, type StartBundle, trainedPairs } from './seen-parts.js';
export * from './sharded/index.js';
export { sweepsToRank } from './sweeps.js';
export { testRanks } from './test-ranks.js';
export {
  type MadeModel,
  type MadeModels,
  type ModelsTask,
  type ModelTask,
  type Watched,
  withModels,
} from './train-models.js';
export * from './trajectory.js';
export { changedUses, unknownUnit, usesOf } from './uses.js';
export { type Checks, checksOf, UNSEALED, type Verified, verifyRun } from './verify-run.js';
