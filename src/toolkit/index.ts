/**
 * Everything to write units of your own with: models, distillation methods, metrics, samplers, optimisers, readers, splits, exporters, search
 * strategies and weights of ensembles. docs/extending.md explains how. `recdistill/testing` has contract suites that check a unit.
 */

// --- data: sparse user rows, rankings ---------------------------------------------------------------------------------
export {
  fromPairs,
  has,
  type Interactions,
  itemCounts,
  itemsOf,
  transpose,
  weightsOf,
} from '../data/interactions.js';
export { type Rankings, rankingOf } from '../data/rankings.js';
// --- declarations of units ----------------------------------------------------------------------------------------------
export { type Read, type ReadRequest, reader, type Table as ReadTable } from '../data/readers/_reader.js';
export { readerOf } from '../data/readers/index.js';
export {
  type Parts,
  partition,
  type Split,
  type SplitRule,
  type SplitSpec,
  splitRule,
} from '../data/splits/_split.js';
export {
  type CoLearner,
  type CoTrainContext,
  type CoTrainedMethod,
  coTrainedMethod,
  type DistillContext,
  distillationMethod,
  type MethodHooks,
  type MethodSpec,
  type Needs,
  type TeacherKnowledge,
  type TeachingMethod,
} from '../distill/_method.js';
// --- methods: users of a step, item lists, sampling, fused rankings -------------------------------------------------------
export {
  type BatchUsers,
  createBatchUsers,
  everyOneOnce,
  lossUsersShape,
  usersOfBatch,
} from '../distill/batch-users.js';
export { createDrawOutside, type DrawOutside, drawWeighted, gumbel } from '../distill/draw.js';
export {
  type EnsembleKind,
  type EnsembleMember,
  type EnsembleName,
  ensembleKind,
  ensembleOf,
  ensembleRegistry,
  fuseRankings,
  type ImportanceOptions,
  importanceOptions,
  rankImportance,
  type Weighed,
  type Weighing,
} from '../distill/ensemble/index.js';
/** The single ranking that a method for one teacher uses. For several teachers, that of their ensemble. */
export { oneRanking } from '../distill/one-ranking.js';
/** A loss on a short list of items per user, with back-propagation to the student. */
export { createListLoss, createListStep, type ListLoss, type ListStep, type UserLists } from '../distill/user-lists.js';
// --- errors and progress ---------------------------------------------------------------------------------------------------
/** `fail` throws a `RecdistillError`. The command line and the server use its code, hint and exit status. */
export { fail, RecdistillError } from '../errors.js';
export {
  type ListMetric,
  listMetric,
  type Metric,
  type TopLists,
  type UserMetric,
  userMetric,
} from '../eval/metrics/_metric.js';
export { type Proposal, type Strategy, searchStrategy } from '../experiment/search/strategies/_strategy.js';
// --- registries: built-in units and added ones, by name -----------------------------------------------------------------
export { type StrategyName, strategyOf, strategyRegistry } from '../experiment/search/strategies/index.js';
export { type Exportable, type Exporter, exporter } from '../export/_exporter.js';
// --- kernels: memory, matrix products, dense layers, perceptrons, propagation over a graph --------------------------------
/** Dense layers and perceptrons are methods of `Kernels`: `gemm`, `dense...`, `perceptron...`. */
export {
  createKernels,
  createReferenceKernels,
  type Floats,
  freeRows,
  type Kernels,
  takeRows,
} from '../kernels/index.js';
// --- losses: each writes the gradient of the scores and returns the loss ---------------------------------------------------
export {
  approximateRank,
  bce,
  bpr,
  hinge,
  lambdaRank,
  plackettLuce,
  positionWeights,
  softTargets,
  weightedPositives,
} from '../losses/index.js';
// --- random numbers that depend only on a key and counters, so a resumed run samples the same ------------------------------
export { type RandomKey, shuffle, stream, uniform, uniformInt } from '../math/random.js';
export {
  type Batch,
  type ComputedSpec,
  computedModel,
  type Factors,
  type Histories,
  type HistoryTables,
  type Model,
  type ModelContext,
  type ModelSpec,
  type Pairs,
  type Parameter,
  type ScoreLoss,
  type Tables,
  type TrainableModel,
  type TrainedSpec,
  trainedModel,
} from '../models/_model.js';
// --- models: parameters, their gradients, scores ---------------------------------------------------------------------------
/**
 * `normalTable`, `zeroTable`: parameters with gradients. `marked`, `markBatch`: for optimisers that only update rows with a gradient.
 * `scoreByFactors`: scores of users from tables. `bprStep`: the BPR loss of a batch of pairs, with its gradient. `freeParameters`: for `close`.
 */
export {
  type BprStep,
  bprStep,
  freeParameters,
  markBatch,
  marked,
  normalTable,
  scoreByFactors,
  zeroTable,
} from '../models/factors.js';
// --- options and search spaces: one declaration gives types, checks, flags, help and documentation ----------------------
/** `trainShape`: options of every trained model. `pairShape`: of models that train on pairs. `seed`: of everything with random numbers. */
export { pairShape, seed, type TrainDefaults, trainShape } from '../models/options.js';
/** Scores of any pairs, and back-propagation of a loss on them, for any model with the capability `scores`. */
export { createPairLearner, type PairLearner } from '../models/pair-learner.js';
/** Negative squared distances as inner products, so that a metric model has factors. */
export { type ProductTables, productTables } from '../models/product-tables.js';
export { rankAll, rankObserved, tablesOf } from '../models/rank.js';
/** Buffers that grow on demand and are reused. */
export { createScratch, type Scratch } from '../models/scratch.js';
export {
  type Optimizer,
  type OptimizerOptions,
  type OptimizerSpec,
  optimizer,
  withSlots,
} from '../optim/_optimizer.js';
export { type OptimizerName, optimizerOf, optimizerRegistry } from '../optim/index.js';
/** Rows of a table that may have a gradient. */
export { createTouchedRows, type TouchedRows } from '../optim/touched-rows.js';
export { describeOptions, type OptionRow } from '../options/describe.js';
export { type DataSize, densityOf, type FromData, fromData } from '../options/from-data.js';
export {
  choice,
  flag,
  float,
  int,
  numbers,
  type OptionsInput,
  type OptionsOf,
  optionalFloat,
  optionalInt,
  optionalNumbers,
  optionalText,
  options,
  text,
  words,
} from '../options/options.js';
export type { NameOr, Registry, Unit, UnitKind } from '../options/registry.js';
export {
  logRange,
  oneOf,
  randomPoint,
  range,
  type SearchPoint,
  type SearchSpace,
  wholeRange,
} from '../options/search.js';
/** Adds every unit that a module exports, as `--use` does. */
export { useModule } from '../options/use.js';
export type { Step } from '../progress.js';
export { type Sampler, type SamplerSpec, sampler } from '../samplers/_sampler.js';
export { type SamplerName, samplerOf, samplerRegistry } from '../samplers/index.js';
