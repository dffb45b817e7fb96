import { type Interactions, itemsOf } from 'recdistill/data';

/** The rows that have an entry, ascending. */
export const activeRows = (matrix: Interactions): Int32Array =>
  Int32Array.from({ length: matrix.nUsers }, (_, r) => r).filter((r) => itemsOf(matrix, r).length > 0);
