/** A reading plan: the files that the data options select, and how each is read. */
import type { LabelSource } from './catalog.js';
import type { ColumnOptions } from './column-names.js';
import type { PlannedFile } from './files.js';
import type { SplitManifest } from './split-manifest.js';

export interface Plan {
  readonly name: string;
  /** Absolute path. File names in `labels` are relative to it. */
  readonly folder: string;
  /** Files per part: one part of raw interactions, or train and test, or train, valid and test, or these and the histories of held-out users. */
  readonly parts: readonly (readonly PlannedFile[])[];
  /** True if the last part has the histories of users who are held out whole. */
  readonly foldIn?: true;
  readonly format?: string;
  readonly columns: ColumnOptions;
  readonly header: 'auto' | 'yes' | 'no';
  /** Files whose first column lists every user or every item, including those without interactions. */
  readonly users?: string;
  readonly items?: string;
  readonly labels?: LabelSource;
  readonly minUser?: number;
  /** The manifest, if recdistill wrote the folder. */
  readonly manifest?: SplitManifest;
  /** Terms of use and citation. */
  readonly notes: readonly string[];
  /** Notes about files that are not read. */
  readonly leftOut?: readonly string[];
}
