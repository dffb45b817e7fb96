/**
 * DE, distillation experts (Kang et al., DE-RRD, CIKM 2020): expert networks reconstruct the teacher's embeddings from the student's, so that
 * the student's embeddings contain the teacher's information. Experts and the selection network are trained together with the student and
 * discarded at the end. docs/methods/de.md lists our choices.
 */

import type { Floats } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import type { Batch, Factors } from '../../models/_model.js';
import { options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { lossUsersShape } from '../batch-users.js';
import { gumbel } from '../draw.js';
import { createEntities } from '../features/entities.js';
import { joined } from '../features/joined.js';
import { featureNeeds } from '../features/needs.js';
import { lossWeight, searchAround } from '../weight.js';
import { createExperts } from './experts.js';
import { expertShape, temperatureIn } from './temperature.js';

/** Rows that pass through the experts at a time. Their hidden layers take a few megabytes. */
const ROWS = 256;

export const de = distillationMethod({
  name: 'de',
  summary: 'Distillation experts: small networks reconstruct the embeddings of the teacher from those of the student',
  source: 'Kang et al., DE-RRD: a knowledge distillation framework for recommender system, CIKM 2020',
  needs: featureNeeds,
  search: { lambda: searchAround(0.1) },
  options: options({
    lambda: lossWeight(0.1),
    ...lossUsersShape,
    ...expertShape,
  }),
  small: { experts: 3, annealEpochs: 5 },
  create(context, o) {
    const { kernels: k, student, teachers, seed, batchesPerEpoch } = context;
    const { dim: own } = student.factors!();
    const target = joined(teachers);
    const parts = ['users', 'items'].map((name) => {
      const size = { student: own, teacher: target.dim, experts: o.experts, rows: ROWS };
      return { experts: createExperts(k, size, seed, name), key: stream(seed, `de noise ${name}`) };
    });
    const [users, items] = [parts[0]!, parts[1]!];
    const [from, to] = [k.floats(ROWS * own), k.floats(ROWS * target.dim)];
    const noise = new Float64Array(ROWS * o.experts);
    const entities = createEntities(context, o.lossUsers, 'de');

    /** Trains the experts of one side on some rows. Returns the summed loss. */
    const teach = (side: 'user' | 'item', ids: ArrayLike<number>, f: Factors, weight: number, b: Batch): number => {
      const { experts, key } = side === 'user' ? users : items;
      const gradient = side === 'user' ? f.userGradient : f.itemGradient;
      const step = (b.epoch - 1) * batchesPerEpoch + b.index;
      const choice = { noise, temperature: temperatureIn(b.epoch, o) };
      let loss = 0;
      for (let start = 0; start < ids.length; start += ROWS) {
        const rows = Math.min(ROWS, ids.length - start);
        for (let r = 0; r < rows; r++) {
          const id = ids[start + r]!;
          copyRow(f[`${side}Factors`], id, own, from, r);
          copyRow(target[`${side}Factors`], id, target.dim, to, r);
          for (let m = 0; m < o.experts; m++) noise[r * o.experts + m] = gumbel(key, step, id * o.experts + m);
        }
        loss += weight * experts.step(from, to, rows, choice, o.lambda * weight);
        for (let r = 0; r < rows; r++) {
          const at = ids[start + r]! * own;
          for (let d = 0; d < own; d++) gradient[at + d]! += from[r * own + d]!;
        }
      }
      return loss;
    };
    return {
      base: 'kept',
      parameters: [...users.experts.parameters, ...items.experts.parameters],
      accumulate(batch) {
        const named = entities.of(batch);
        const f = student.factors!(named.users);
        let loss = teach('user', named.users, f, 1, batch);
        for (const ids of named.items) loss += teach('item', ids, f, 0.5, batch);
        return o.lambda * loss;
      },
      close() {
        entities.close();
        for (const { experts } of parts) experts.close();
        k.free(from, to);
      },
    };
  },
});

function copyRow(table: Floats, row: number, dim: number, out: Floats, to: number): void {
  for (let d = 0; d < dim; d++) out[to * dim + d] = table[row * dim + d]!;
}
