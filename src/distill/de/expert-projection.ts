/** The experts of DE as a projection: which expert projects a row depends on the teacher's row and on random noise of the step. */
import type { Floats, Kernels } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import { gumbel } from '../draw.js';
import type { Projection } from '../features/projection.js';
import { type Choice, createExperts } from './experts.js';
import { type Annealing, temperatureIn } from './temperature.js';

export interface ExpertOptions extends Annealing {
  readonly experts: number;
}

export interface ExpertProjection extends Projection {
  /** Writes the expert that the selection network prefers for each of `ids`, without noise, ties to the lower number. */
  assign(ids: Int32Array, out: Int32Array): void;
}

/** Rows at a time. Their hidden layers take a few megabytes. */
const ROWS = 256;

/**
 * @param targets rows of the teacher, in kernel memory
 * @param batchesPerEpoch the noise of a row is drawn once per step
 * @param purpose names the parameters and the random streams
 */
export function createExpertProjection(
  k: Kernels,
  dims: { readonly student: number; readonly teacher: number },
  targets: Floats,
  o: ExpertOptions,
  batchesPerEpoch: number,
  seed: number,
  purpose: string,
): ExpertProjection {
  const experts = createExperts(k, { ...dims, experts: o.experts, rows: ROWS }, seed, purpose);
  const key = stream(seed, `${purpose} noise`);
  const teacher = k.floats(ROWS * dims.teacher);
  const some = k.ints(ROWS);
  const noise = new Float64Array(ROWS * o.experts);
  let choice: Choice = { noise, temperature: o.temperature };
  return {
    ...{ parameters: experts.parameters, rows: ROWS, isLinear: false },
    forward(from, ids, rows, { epoch, index }) {
      const step = (epoch - 1) * batchesPerEpoch + index;
      for (let r = 0; r < rows; r++)
        for (let m = 0; m < o.experts; m++) noise[r * o.experts + m] = gumbel(key, step, ids[r]! * o.experts + m);
      choice = { noise, temperature: temperatureIn(epoch, o) };
      k.gather(targets, ids, dims.teacher, teacher, rows);
      return experts.forward(from, teacher, rows, choice).made;
    },
    backward: (from, rows) => experts.backward(from, teacher, rows, choice),
    assign(ids, out) {
      for (let start = 0; start < ids.length; start += ROWS) {
        const rows = Math.min(ROWS, ids.length - start);
        some.set(ids.subarray(start, start + rows));
        k.gather(targets, some, dims.teacher, teacher, rows);
        const shares = experts.select(teacher, rows);
        for (let r = 0; r < rows; r++) out[start + r] = largestOf(shares.subarray(r * o.experts, (r + 1) * o.experts));
      }
    },
    close() {
      experts.close();
      k.free(teacher, some);
    },
  };
}

/** Index of the largest value, the first of equal ones. */
export function largestOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at]! > values[best]!) best = at;
  return best;
}
