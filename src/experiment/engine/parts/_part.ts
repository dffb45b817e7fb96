/**
 * The interface of a unit whose work is cut into parts. A part is computed by one job, in any process that has the store, and kept in a folder of its
 * own. One file in this folder and one line in `index.ts` add a unit.
 */
import type { Dataset } from '../../../data/index.js';
import type { Kernels } from '../../../kernels/index.js';
import type { MemoryPart } from '../../../memory/index.js';
import type { OptionsOf, OptionsSchema } from '../../../options/options.js';
import type { Progress } from '../../../progress.js';
import type { Setting } from '../job.js';
import type { ResultPlan } from '../kinds/_kind.js';

/** Which of the parts: `shard` from 0 to `of` - 1. */
export interface Shard {
  readonly shard: number;
  readonly of: number;
}

export interface PartPlanning extends Shard {
  readonly setting: Setting;
  readonly dataset: Dataset;
  /** What it reads, in the order of its job. */
  readonly inputs: readonly ResultPlan[];
}

export interface PartWork extends Shard {
  readonly kernels: Kernels;
  readonly setting: Setting;
  /** The empty folder to write the files of the part into. They are flushed and published afterwards. */
  readonly folder: string;
  /** Folders of what it reads, in the order of its job: of runs, or of other parts. */
  readonly inputs: readonly string[];
  /** The data set. Only for a unit that needs it. */
  dataset(): Dataset;
  /** Folder of the data set in the store. Only for a unit that needs `stored`. */
  storedData(): string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface PartUnit<S extends OptionsSchema> {
  readonly name: string;
  /** As that of other units: raised when a change of the code changes what is computed. Default: 1. */
  readonly revision?: number;
  /**
   * `dataset`: the whole data set is loaded. `stored`: the unit reads ranges of the data set in the store. `nothing`: it reads its inputs only, and its
   * result does not depend on the data set.
   */
  readonly needs: 'dataset' | 'stored' | 'nothing';
  readonly options: S;
  /** The memory of one part besides the program, and checks. @throws RecdistillError for anything that can be checked before it runs */
  plan?(options: OptionsOf<S>, planning: PartPlanning): readonly MemoryPart[];
  /** Equal options, shard, data and inputs give equal files. @throws RecdistillError `interrupted`, and what the unit says */
  perform(options: OptionsOf<S>, work: PartWork): Promise<void>;
}

/** A unit with any options. */
export interface AnyPartUnit extends Omit<PartUnit<OptionsSchema>, 'plan' | 'perform'> {
  plan?(options: never, planning: PartPlanning): readonly MemoryPart[];
  perform(options: never, work: PartWork): Promise<void>;
}

/** Checks the type of a unit. */
export const partUnit = <S extends OptionsSchema>(unit: PartUnit<S>): PartUnit<S> => unit;
