/** What a format is that students are written in for other programs. One file and one line in `index.ts` add one. */
import type { BundleNotes } from '../bundle/index.js';
import type { Unit } from '../options/registry.js';
import type { Precision, StudentModel } from '../student/index.js';

/** A student with what is known of it. */
export interface Exportable {
  readonly model: StudentModel;
  readonly notes: BundleNotes;
}

export interface Exporter extends Unit {
  readonly unit: 'exporter';
  /** One line. */
  readonly summary: string;
  readonly makes: 'file' | 'folder';
  /** In which precisions the factors can be kept. */
  readonly precisions: readonly Precision[];
  /**
   * Writes the student; a file or folder of the same format in its place is replaced, and stays as it was if this fails.
   * @throws RecdistillError `write-failed`, `usage` if the format cannot hold this student
   */
  write(student: Exportable, out: string, precision: Precision): Promise<void>;
  /**
   * Reads back what `write` wrote; absent where the format does not hold all of a student.
   * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
   */
  readonly read?: (path: string) => Promise<Exportable>;
}

/** Declares a format that students are written in. */
export const exporter = (spec: Omit<Exporter, 'unit'>): Exporter => ({ ...spec, unit: 'exporter' });
