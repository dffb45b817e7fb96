/** One side, users or items: rows of the student's table through a projection and back, in parts. */
import type { Floats, Kernels, ReconstructionForm } from '../../kernels/index.js';
import type { Batch } from '../../models/_model.js';
import { createScratch } from '../../models/scratch.js';
import type { Projection } from './projection.js';

/** A table of the student and its gradient. */
export interface SideTable {
  readonly values: Floats;
  readonly gradient: Floats;
}

/** Teaches rows of the student's table to equal those of the teacher's, after a projection. */
export interface Reconstructor {
  /** The rows of the student's table that `reconstruct` reads for `ids`. */
  reach(ids: Int32Array): Int32Array;
  /**
   * Adds `scale` times the gradient of the loss between the projected rows and the teacher's, summed over `ids`. Returns the loss without `scale`.
   * @param ids distinct rows of both tables
   * @param targets rows of the teacher, in kernel memory
   */
  reconstruct(
    ids: Int32Array,
    table: SideTable,
    targets: Floats,
    form: ReconstructionForm,
    scale: number,
    batch: Batch,
  ): number;
  close(): void;
}

export interface Side extends Reconstructor {
  /** The projected rows. Valid until the next call of it. */
  project(ids: Int32Array, values: Floats, batch: Batch): Floats;
  /**
   * Back-propagates `gradient`, that of `project(ids, values)`, to the parameters.
   * @param into gradient of the student's table; absent: its rows are constants
   */
  back(ids: Int32Array, values: Floats, gradient: Floats, batch: Batch, into?: Floats): void;
}

/** How rows come from a table and their gradients go back to it. All arrays are in kernel memory. */
export interface Access {
  /** Row r of `from` becomes what belongs to `ids[r]`, for r in `[0, rows)`. */
  read(values: Floats, ids: Int32Array, from: Floats, rows: number): void;
  /** Adds the gradients of these rows, those of the last `read`, to that of the table. */
  add(gradient: Floats, ids: Int32Array, from: Floats, rows: number): void;
}

/**
 * @param dims of the student and of the teacher
 * @param access default: the rows themselves
 */
export function createSide(
  k: Kernels,
  projection: Projection,
  { student: own, teacher: width }: { readonly student: number; readonly teacher: number },
  access?: Access,
): Side {
  const most = projection.rows;
  const [ids, places] = [k.ints(most), k.ints(most)];
  for (let r = 0; r < most; r++) places[r] = r;
  const [from, losses, ones] = [k.floats(most * own), k.floats(most), k.floats(most).fill(1)];
  const scratch = createScratch(k);
  const { read, add } = access ?? {
    read: (values, of, out, rows) => k.gather(values, of, own, out, rows),
    add: (gradient, of, rows, n) => k.accumulate(gradient, of, rows, places, ones, own, n),
  };
  /** Projects rows `start` and following of `all`, as many as fit. */
  const forward = (all: Int32Array, start: number, values: Floats, batch: Batch) => {
    const rows = Math.min(most, all.length - start);
    ids.set(all.subarray(start, start + rows));
    read(values, ids, from, rows);
    return { rows, made: projection.forward(from, ids, rows, batch) };
  };
  return {
    reach: (all) => all,
    reconstruct(all, { values, gradient }, targets, form, scale, batch) {
      let loss = 0;
      for (let start = 0; start < all.length; start += most) {
        const { rows, made } = forward(all, start, values, batch);
        k.reconstruction(made, targets, ids, rows, width, form, scale, losses);
        for (let r = 0; r < rows; r++) loss += losses[r]!;
        projection.backward(from, rows);
        add(gradient, ids, from, rows);
      }
      return loss;
    },
    project(all, values, batch) {
      const out = scratch.floats('projected', all.length * width);
      for (let start = 0; start < all.length; start += most) {
        const { rows, made } = forward(all, start, values, batch);
        out.set(made.subarray(0, rows * width), start * width);
      }
      return out;
    },
    back(all, values, gradient, batch, into) {
      for (let start = 0; start < all.length; start += most) {
        const { rows, made } = forward(all, start, values, batch);
        made.set(gradient.subarray(start * width, (start + rows) * width));
        projection.backward(from, rows);
        if (into) add(into, ids, from, rows);
      }
    },
    close() {
      projection.close();
      scratch.close();
      k.free(ids, places, from, losses, ones);
    },
  };
}
