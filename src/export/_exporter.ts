/** The contract of an exporter, which writes students for other programs. One file and one line in `index.ts` add one. */
import { basename } from 'node:path';
import type { BundleNotes } from '../bundle/index.js';
import type { Unit } from '../options/registry.js';
import { createProgress, type Step } from '../progress.js';
import type { Precision, StudentModel } from '../student/index.js';

/** A student with its metadata. */
export interface Exportable {
  readonly model: StudentModel;
  readonly notes: BundleNotes;
}

export interface Exporter extends Unit {
  readonly unit: 'exporter';
  /** One line. */
  readonly summary: string;
  readonly makes: 'file' | 'folder';
  /** Supported precisions of the factors. */
  readonly precisions: readonly Precision[];
  /**
   * Writes the student atomically. It replaces an existing file or folder of the same format.
   * @throws RecdistillError `write-failed`, `usage` if the format cannot represent this student
   */
  write(student: Exportable, out: string, precision: Precision): Promise<void>;
  /**
   * Reads the result of `write`. Absent if the format does not contain all parts of a student.
   * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
   */
  readonly read?: (path: string) => Promise<Exportable>;
}

/** The progress of writing a student to `out`. */
export const writingStep = (out: string): Step => createProgress().task(`writing ${basename(out)}`);

/** Declares a format that students are written in. */
export const exporter = (spec: Omit<Exporter, 'unit'>): Exporter => ({ ...spec, unit: 'exporter' });
