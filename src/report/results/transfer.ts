/** How much of what the ensemble knows beyond the student alone the distilled student has. */
import type { Column } from '../table/index.js';
import { column } from './_columns.js';

interface Distilled {
  readonly role: string;
  readonly method?: string;
  readonly model?: string;
  readonly parameters?: number;
}

/**
 * The same model of the same size without distillation: a student, or else a size-matched baseline. Undefined for such a row itself, or if there
 * is none.
 */
export function aloneOf<R extends Distilled>(row: R, rows: readonly R[]): R | undefined {
  const { role, method = 'none', model, parameters } = row;
  if (role !== 'student' || method === 'none') return undefined;
  const same = rows.filter((r) => r.model === model && r.parameters === parameters);
  return same.find((r) => r.role === 'student' && r.method === 'none') ?? same.find((r) => r.role === 'size-matched');
}

/** (student - alone) / (ensemble - alone). Undefined where the ensemble is not better than the student alone. */
export const transferRatio = (student: number, alone: number, ensemble: number): number | undefined =>
  ensemble > alone ? (student - alone) / (ensemble - alone) : undefined;

/** @param metric in which it is computed */
export const transferColumn = (metric: string): Column =>
  column('transfer', 'transfer', 'share', `(student - alone) / (ensemble - alone) in ${metric}.`);
