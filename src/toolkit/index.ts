/**
 * What units of a user's own are written with: models, distillation methods, metrics, samplers,
 * optimisers, readers, splits, exporters, search strategies.
 * docs/extending.md shows how; `recdistill/testing` has the suites that say whether a unit keeps to its contract.
 */

// --- data: rows of users in compressed form, top lists -------------------------------------------------------------------
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
// --- declarations: each function marks what it is given as a unit --------------------------------------------------------
export { type Read, type ReadRequest, reader, type Table as ReadTable } from '../data/readers/_reader.js';
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
// --- methods: whom a step teaches, lists of items, draws, what several teachers say together -----------------------------
export { type BatchUsers, createBatchUsers, everyOneOnce, rowsShape, usersOfBatch } from '../distill/batch-users.js';
export { createDrawOutside, type DrawOutside, drawWeighted, gumbel } from '../distill/draw.js';
export { fuseRankings, type ImportanceOptions, importanceOptions, rankImportance } from '../distill/ensemble/index.js';
/** The one ranking that a method of one teacher learns from; of several teachers that of their ensemble. */
export { oneRanking } from '../distill/one-ranking.js';
/** A loss on a short list of items for each user, with its gradient taken back to the student. */
export { createListLoss, createListStep, type ListLoss, type ListStep, type UserLists } from '../distill/user-lists.js';
// --- errors and progress ---------------------------------------------------------------------------------------------------
/** `fail` throws a `RecdistillError`, whose code, hint and exit status the command line and the server understand. */
export { fail, RecdistillError } from '../errors.js';
export { type ListMetric, listMetric, type TopLists, type UserMetric, userMetric } from '../eval/metrics/_metric.js';
export { type Proposal, type Strategy, searchStrategy } from '../experiment/search/strategies/_strategy.js';
// --- units by name: a registry knows the built-in ones and those that were added ------------------------------------------
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
// --- losses: each writes the gradient with respect to the scores and returns the loss -------------------------------------
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
// --- random numbers that depend on a key and counters alone, so that a resumed run draws the same -------------------------
export { type RandomKey, shuffle, stream, uniform, uniformInt } from '../math/random.js';
export {
  type Batch,
  type ComputedSpec,
  computedModel,
  type Factors,
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
 * `normalTable`, `zeroTable`: parameters with their gradients. `marked`, `markBatch`: for optimisers that look only at rows that a step touched.
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
// --- options and search spaces: declared once, from them follow types, checks, flags, help and documentation ------------
/** `trainShape`: the options of every trained model. `pairShape`: those of models that learn from pairs of items. `seed`: of all that is random. */
export { pairShape, seed, type TrainDefaults, trainShape } from '../models/options.js';
/** The scores of any pairs, and a loss on them taken back to the parameters of any model with the capability `scores`. */
export { createPairLearner, type PairLearner } from '../models/pair-learner.js';
/** Distances as inner products, so that a metric model has factors. */
export { type ProductTables, productTables } from '../models/product-tables.js';
export { rankAll, rankObserved, tablesOf } from '../models/rank.js';
/** Working memory that grows with what is asked for and is given back at once. */
export { createScratch, type Scratch } from '../models/scratch.js';
export {
  type Optimizer,
  type OptimizerOptions,
  type OptimizerSpec,
  optimizer,
  withSlots,
} from '../optim/_optimizer.js';
export { type OptimizerName, optimizerOf, optimizerRegistry } from '../optim/index.js';
/** Which rows of a table may have a gradient. */
export { createTouchedRows, type TouchedRows } from '../optim/touched-rows.js';
export { describeOptions, type OptionRow } from '../options/describe.js';
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
