/** The request for a run of one model. */
import type { Dataset } from '../data/index.js';
import type { EnsembleKind, EnsembleName, MethodName, MethodSpec } from '../distill/index.js';
import type { EvaluationOptions } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import type { ModelName, ModelSpec } from '../models/index.js';
import type { NameOr } from '../options/registry.js';
import type { Listener, TrajectoryOptions } from '../train/index.js';
import type { Teacher } from './outcome.js';
import type { Overwrite } from './run-folder.js';
import type { StartBundle } from './seen-parts.js';

/** What a request has whatever it trains. */
export interface RunRequest {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  readonly evaluation?: Partial<EvaluationOptions>;
  /** Number and spacing of the stored checkpoints of the trajectory. */
  readonly trajectory?: Partial<TrajectoryOptions>;
  /** Folder of the run, or of the runs `teacher` and `student`. Absent: in memory only, nothing survives an interruption. */
  readonly folder?: string;
  readonly overwrite?: Overwrite;
  /** Whether each evaluation also evaluates on test, for the curves of a report. Selects nothing and does not change the result. */
  readonly testCurve?: boolean;
  /** How the data set was loaded. Stored in the run folder, so that later commands can load it again. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

export interface JobRequest extends RunRequest {
  /** The model: a name, or a model of your own, whose name is then registered. */
  readonly model: NameOr<ModelName> | ModelSpec;
  /** The distillation method, given like the model. Default: `none`. */
  readonly method?: NameOr<MethodName> | MethodSpec;
  /** Options of the model and of the method. An option that neither has is an error. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Teachers of the method. */
  readonly teachers?: readonly Teacher[];
  /** How several teachers are weighed: a rule by name, or a rule of your own. Weights are chosen on valid. Default: `equal`. */
  readonly ensemble?: NameOr<EnsembleName> | EnsembleKind;
  /**
   * A student bundle of earlier data from which this student continues. Known users and items start with the bundle's embeddings, new ones are
   * folded in. The parameters of the model must be the tables of its scores (bpr-mf), with the bundle's `dim`.
   */
  readonly start?: StartBundle;
  readonly listen?: Listener;
}
