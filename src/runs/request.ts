/** What is asked of a run of one model. */
import type { Dataset } from '../data/index.js';
import type { MethodName, MethodSpec } from '../distill/index.js';
import type { EvaluationOptions } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import type { ModelName, ModelSpec } from '../models/index.js';
import type { NameOr } from '../options/registry.js';
import type { StudentBundle } from '../student/index.js';
import type { Listener, TrajectoryOptions } from '../train/index.js';
import type { Teacher } from './outcome.js';
import type { Overwrite } from './run-folder.js';

export interface JobRequest {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  /** The model: its name, or a model of your own, which is known by its name from then on. */
  readonly model: NameOr<ModelName> | ModelSpec;
  /** The distillation method, as the model; `none` if absent. */
  readonly method?: NameOr<MethodName> | MethodSpec;
  /** Options of the model and of the method together; an option that neither has is an error. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What the method learns from. */
  readonly teachers?: readonly Teacher[];
  /**
   * A student of earlier data that this one goes on from: users and items that it knows begin with its numbers, new ones are folded in. The
   * model must be one whose parameters are the tables of its scores (bpr-mf); `dim` is that of the bundle.
   */
  readonly start?: StudentBundle;
  readonly evaluation?: Partial<EvaluationOptions>;
  /** How many checkpoints of the trajectory are kept, and which. */
  readonly trajectory?: Partial<TrajectoryOptions>;
  /** Where the run is kept; absent: in memory only, nothing survives an interruption. */
  readonly folder?: string;
  readonly overwrite?: Overwrite;
  /** Whether each evaluation judges on test as well, for the curves of a report. Nothing is selected by it, and the result is the same. */
  readonly testCurve?: boolean;
  /** How the data set was loaded; kept in the run folder, so that later commands can load it again. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly listen?: Listener;
  readonly signal?: AbortSignal;
}
