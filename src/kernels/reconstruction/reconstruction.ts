import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { COSINE, FLOOR, SQUARED, UNIT } from './layout.js';

const FORMS = { squared: SQUARED, unit: UNIT, cosine: COSINE } as const;

/** `squared`: |y - t|^2. `unit`: |y / |y| - t / |t||^2. `cosine`: 1 - cos(y, t). Norms are at least 1e-12. */
export type ReconstructionForm = keyof typeof FORMS;

export interface ReconstructionKernels {
  /**
   * losses[r] = the loss between y = row r of `made` and t = row `ids[r]` of `targets`, for r in `[0, rows)`. Row r of `made` is then replaced
   * by `scale` times the gradient of that loss with respect to y. With `unit` and `cosine` a y of norm below 1e-12 has gradient 0.
   * @param made `rows` rows of `dim` values, in kernel memory, as all arrays
   */
  reconstruction(
    made: Floats,
    targets: Floats,
    ids: Int32Array,
    rows: number,
    dim: number,
    form: ReconstructionForm,
    scale: number,
    losses: Floats,
  ): void;
}

export function reconstructionReference(_: Machine): ReconstructionKernels {
  return {
    reconstruction(made, targets, ids, rows, dim, form, scale, losses) {
      for (let r = 0; r < rows; r++) {
        const y = made.subarray(r * dim, (r + 1) * dim);
        const t = targets.subarray(ids[r]! * dim, (ids[r]! + 1) * dim);
        let [yy, tt, yt, error] = [0, 0, 0, 0];
        for (let d = 0; d < dim; d++) {
          yy += y[d]! ** 2;
          tt += t[d]! ** 2;
          yt += y[d]! * t[d]!;
          error += (y[d]! - t[d]!) ** 2;
        }
        if (form === 'squared') {
          losses[r] = error;
          for (let d = 0; d < dim; d++) y[d] = 2 * scale * (y[d]! - t[d]!);
          continue;
        }
        const norm = Math.sqrt(yy);
        const [overY, overT] = [Math.max(FLOOR, norm), Math.max(FLOOR, Math.sqrt(tt))];
        const cosine = yt / (overY * overT);
        losses[r] = form === 'unit' ? yy / overY ** 2 + tt / overT ** 2 - 2 * cosine : 1 - cosine;
        const factor = norm < FLOOR ? 0 : ((form === 'unit' ? 2 : 1) * scale) / overY;
        for (let d = 0; d < dim; d++) y[d] = factor * ((cosine * y[d]!) / overY - t[d]! / overT);
      }
    },
  };
}

/** Values per chunk. */
const CHUNK = 8192;

export function reconstructionWasm(m: WasmMachine): ReconstructionKernels {
  return {
    reconstruction(made, targets, ids, rows, dim, form, scale, losses) {
      const args = { made, targets, ids, dim, form: FORMS[form], scale, losses };
      m.run('reconstruction', args, rows, Math.ceil(CHUNK / Math.max(1, dim)));
    },
  };
}
