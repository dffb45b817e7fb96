/** The interface of a kind of job. */
import type { Dataset } from '../../../data/index.js';
import type { Pair } from '../../../distill/index.js';
import type { Evaluator } from '../../../eval/index.js';
import type { Arithmetic, Kernels } from '../../../kernels/index.js';
import type { MemoryPart } from '../../../memory/index.js';
import type { RunSpec, SavedModel, Teacher } from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { Setting } from '../job.js';

/** A result that a job will leave in a run folder. Its hash identifies everything that determines it. */
export interface ResultPlan {
  /** NAME, or NAME/PART. */
  readonly name: string;
  /** Its folder, relative to that of the job; '' for that folder itself. */
  readonly place: string;
  /** Name of the teacher in the manifests of runs that learn from it; '' for a search. */
  readonly teacher: string;
  readonly spec: RunSpec;
  readonly hash: string;
  /** The model of a result that is given, if a job starts from it. */
  readonly saved?: SavedModel;
  /** Folder of a result that is given, if it has one. */
  readonly folder?: string;
}

export interface PlanContext {
  readonly setting: Setting;
  readonly dataset: Dataset;
  readonly evaluator: Evaluator;
  readonly arithmetic: Arithmetic;
  /** The results that the job learns from, in order. */
  readonly inputs: readonly ResultPlan[];
}

/** What is known of a job before it runs. */
export interface JobPlan {
  readonly results: readonly ResultPlan[];
  /** Bytes that the process with this job takes at most: the sum of its parts. */
  readonly memory?: number;
  readonly parts?: readonly MemoryPart[];
}

/** The data and the kernels of the process that runs a job. */
export interface ProcessContext {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
}

/** A kind of job that any process can run. */
export interface JobKind<J> {
  /** @throws RecdistillError for anything that can be checked before the job runs */
  plan(job: J, context: PlanContext): JobPlan;
  /** Whether the run in this folder is complete. */
  isFinished(folder: string, job: J): boolean;
  perform(job: J, task: Task, context: ProcessContext, control: KindControl): Promise<Done>;
}

/** Gives a running job its teachers, from memory or from run folders. */
export interface KindControl extends Pick<Control, 'listen' | 'signal'> {
  /** The teachers of the job, in order. @throws RecdistillError as `readTeacher` */
  teachers(): readonly Teacher[];
  /** The models that a co-training starts from. @param start name of the result that the student starts from. @throws RecdistillError as `readSavedModel` */
  pair(start: string): Pair<SavedModel>;
}
