/** Reconstruction of smoothed embeddings: the rows of H f(S) against those of H T. */
import type { Kernels } from '../../kernels/index.js';
import { createScratch } from '../../models/scratch.js';
import type { Projection } from '../features/projection.js';
import { createSide, type Reconstructor } from '../features/side.js';
import type { Filter } from './filter.js';

/** Rows at a time of a projection that does not commute: those of all their neighbours are projected. */
const ROWS = 256;

/**
 * A linear projection without a constant commutes with the filter, H f(S) = f(H S), so that only the smoothed rows are projected. For others
 * the rows of all neighbours are projected first.
 * @param dims of the student and of the teacher
 */
export function createFilteredSide(
  k: Kernels,
  projection: Projection,
  dims: { readonly student: number; readonly teacher: number },
  filter: Filter,
): Reconstructor {
  const { student: own, teacher: width } = dims;
  const reach = (ids: Int32Array) => filter.around(ids);
  if (projection.isLinear) {
    const side = createSide(k, projection, dims, {
      read(values, ids, from, rows) {
        filter.select(ids.subarray(0, rows));
        filter.apply(values, from, own);
      },
      add: (gradient, _ids, from) => filter.spread(from, gradient, own),
    });
    return { reach, reconstruct: side.reconstruct, close: side.close };
  }
  const side = createSide(k, projection, dims);
  const scratch = createScratch(k);
  const ids = k.ints(ROWS);
  const losses = k.floats(ROWS);
  return {
    reach,
    reconstruct(all, { values, gradient }, targets, form, scale, batch) {
      let loss = 0;
      for (let start = 0; start < all.length; start += ROWS) {
        const rows = Math.min(ROWS, all.length - start);
        ids.set(all.subarray(start, start + rows));
        const nodes = filter.around(ids.subarray(0, rows));
        filter.select(ids.subarray(0, rows), nodes);
        const smoothed = scratch.floats('smoothed', rows * width);
        filter.apply(side.project(nodes, values, batch), smoothed, width);
        k.reconstruction(smoothed, targets, ids, rows, width, form, scale, losses);
        for (let r = 0; r < rows; r++) loss += losses[r]!;
        const projected = scratch.floats('gradient', nodes.length * width).fill(0);
        filter.spread(smoothed, projected, width);
        side.back(nodes, values, projected, batch, gradient);
      }
      return loss;
    },
    close() {
      side.close();
      scratch.close();
      k.free(ids, losses);
    },
  };
}
