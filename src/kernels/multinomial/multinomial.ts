import type { Floats, Machine, WasmMachine } from '../machine/machine.js';

export interface MultinomialKernels {
  /**
   * Multinomial likelihood (Liang et al., WWW 2018, equation 2) of each row's target items under the softmax of its logits.
   * losses[r] = -sum over targets t of log softmax(logits[r])[t]. Then logits[r] is replaced by its gradient times `scale`,
   * scale * (number of targets * softmax - 1 at each target). A row without targets has loss 0 and gradient 0.
   * @param logits `rows * nItems` values, row by row; overwritten by the gradient
   * @param indptr targets of row r are `indices[indptr[r] .. indptr[r + 1])`
   */
  multinomial(
    logits: Floats,
    rows: number,
    nItems: number,
    indptr: Int32Array,
    indices: Int32Array,
    scale: number,
    losses: Floats,
  ): void;
}

export function multinomialReference(_: Machine): MultinomialKernels {
  return {
    multinomial(logits, rows, nItems, indptr, indices, scale, losses) {
      for (let r = 0; r < rows; r++) {
        const row = logits.subarray(r * nItems, (r + 1) * nItems);
        const targets = indices.subarray(indptr[r]!, indptr[r + 1]!);
        let most = Number.NEGATIVE_INFINITY;
        for (const logit of row) most = Math.max(most, logit);
        let sum = 0;
        for (const logit of row) sum += Math.exp(logit - most);
        let loss = 0;
        for (const item of targets) loss += Math.log(sum) - (row[item]! - most);
        losses[r] = loss;
        for (let i = 0; i < nItems; i++) row[i] = (scale * targets.length * Math.exp(row[i]! - most)) / sum;
        for (const item of targets) row[item]! -= scale;
      }
    },
  };
}

export function multinomialWasm(m: WasmMachine): MultinomialKernels {
  return {
    multinomial(logits, rows, nItems, indptr, indices, scale, losses) {
      const args = { logits, nItems, indptr, indices, scale, losses };
      m.run('multinomial', args, rows, Math.ceil(8192 / Math.max(1, nItems)));
    },
  };
}
