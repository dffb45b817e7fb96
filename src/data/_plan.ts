/** What a plan is: the files behind the data options. */
import type { LabelSource } from './catalog.js';
import type { ColumnWishes } from './column-names.js';
import type { PlannedFile } from './files.js';
import type { SplitManifest } from './split-manifest.js';

export interface Plan {
  readonly name: string;
  /** Absolute; file names of `labels` start here. */
  readonly folder: string;
  /** The files of one part of interactions, or those of train, valid and test, or of train and test. */
  readonly parts: readonly (readonly PlannedFile[])[];
  readonly format?: string;
  readonly columns: ColumnWishes;
  readonly header: 'auto' | 'yes' | 'no';
  /** Paths of files whose first column lists every user or item, also those without interactions. */
  readonly users?: string;
  readonly items?: string;
  readonly labels?: LabelSource;
  readonly minUser?: number;
  /** What the folder says about itself, if recdistill wrote it. */
  readonly manifest?: SplitManifest;
  /** Terms of use and citation. */
  readonly notes: readonly string[];
  /** Files that are not read, in words. */
  readonly leftOut?: readonly string[];
}
