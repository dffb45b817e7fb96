import type { Floats, Kernels } from '../../kernels/index.js';
import type { Tables } from '../../models/_model.js';
import type { TeacherKnowledge } from '../_method.js';

/** The tables of one teacher. For several, their rows are concatenated, so the inner product is the sum of the teachers' scores. */
export function joined(teachers: readonly TeacherKnowledge[]): Tables {
  const tables = teachers.map((t) => t.tables!);
  const dim = tables.reduce((sum, t) => sum + t.dim, 0);
  const join = (side: 'user' | 'item'): Floats => {
    const rows = tables[0]![`${side}Factors`].length / tables[0]!.dim;
    const out = new Float32Array(rows * dim);
    let before = 0;
    for (const t of tables) {
      for (let r = 0; r < rows; r++)
        out.set(t[`${side}Factors`].subarray(r * t.dim, (r + 1) * t.dim), r * dim + before);
      before += t.dim;
    }
    return out;
  };
  return { userFactors: join('user'), itemFactors: join('item'), dim };
}

/** The same in kernel memory; the caller frees both tables. */
export function takeJoined(k: Kernels, teachers: readonly TeacherKnowledge[]): Tables {
  const { userFactors, itemFactors, dim } = joined(teachers);
  const take = (table: Floats): Floats => {
    const copy = k.floats(table.length);
    copy.set(table);
    return copy;
  };
  return { userFactors: take(userFactors), itemFactors: take(itemFactors), dim };
}
