/** What the engine knows of a kind of job. */
import type { Dataset } from '../../../data/index.js';
import type { Pair } from '../../../distill/index.js';
import type { Evaluator } from '../../../eval/index.js';
import type { Kernels } from '../../../kernels/index.js';
import type { RunSpec, SavedModel, Teacher } from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { Setting } from '../job.js';

/** A result that a job will leave in a run folder, named by what determines it. */
export interface ResultPlan {
  /** NAME, or NAME/PART. */
  readonly name: string;
  /** Its folder below that of the job; '' for the folder itself. */
  readonly place: string;
  /** As the runs that learn from it record its name; '' for what nobody learns from. */
  readonly teacher: string;
  readonly spec: RunSpec;
  readonly hash: string;
  /** Of a result that was finished before the plan was made: its parameters, where a job begins from them. */
  readonly saved?: SavedModel;
}

export interface PlanContext {
  readonly setting: Setting;
  readonly dataset: Dataset;
  readonly evaluator: Evaluator;
  /** What the job learns from, in order. */
  readonly inputs: readonly ResultPlan[];
}

/** What is known of a job before it runs. */
export interface JobPlan {
  readonly results: readonly ResultPlan[];
  /** Bytes that it takes at most, roughly. */
  readonly memory?: number;
}

/** What a process that does a job has. */
export interface Workplace {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
}

/** A kind of job that any process can do. */
export interface ShippedKind<J> {
  /** @throws RecdistillError for anything that can be known to be wrong before any work */
  plan(job: J, context: PlanContext): JobPlan;
  /** Whether the run in this folder has all that the job asks for. */
  isFinished(folder: string, job: J): boolean;
  perform(job: J, task: Task, workplace: Workplace, control: WorkControl): Promise<Done>;
}

/** What a job that is done can ask for, from memory or from run folders. */
export interface WorkControl extends Pick<Control, 'listen' | 'signal'> {
  /** What it learns from, in order. @throws RecdistillError as `readTeacher` */
  teachers(): readonly Teacher[];
  /** Where a co-training begins. @param start the result that the student begins from. @throws RecdistillError as `readSavedModel` */
  pair(start: string): Pair<SavedModel>;
}
