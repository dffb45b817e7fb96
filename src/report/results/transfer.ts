/** How much of what the ensemble knows beyond the student alone the distilled student has. */
import type { Column } from '../table/index.js';
import { column } from './_columns.js';

/** @param metric in which it is computed */
export const transferColumn = (metric: string): Column =>
  column('transfer', 'transfer', 'share', `(student - alone) / (ensemble - alone) in ${metric}.`);
