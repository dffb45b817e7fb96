/** The row to which the transfer ratio of a distilled student refers. */

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
