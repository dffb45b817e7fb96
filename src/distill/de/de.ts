/**
 * DE, distillation experts (Kang et al., DE-RRD, CIKM 2020): expert networks reconstruct the teacher's embeddings from the student's, so that
 * the student's embeddings contain the teacher's information. Experts and the selection network are trained together with the student and
 * discarded at the end. docs/methods/de.md lists our choices.
 */

import { itemsOf } from '../../data/interactions.js';
import type { Floats } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import type { Batch, Factors, Tables } from '../../models/_model.js';
import { float, int, options } from '../../options/options.js';
import { type DistillContext, distillationMethod, type TeacherKnowledge } from '../_method.js';
import { everyOneOnce, lossUsersShape, usersOf, usersOfBatch } from '../batch-users.js';
import { gumbel } from '../draw.js';
import { searchAround } from '../weight-search.js';
import { createExperts } from './experts.js';

/** Rows that pass through the experts at a time. Their hidden layers take a few megabytes. */
const ROWS = 256;

export const de = distillationMethod({
  name: 'de',
  summary: 'Distillation experts: small networks reconstruct the embeddings of the teacher from those of the student',
  source: 'Kang et al., DE-RRD: a knowledge distillation framework for recommender system, CIKM 2020',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['factors'], teacher: ['embeddings'] },
  search: { lambda: searchAround(0.1) },
  options: options({
    lambda: float({ default: 0.1, min: 0, max: 1e6, help: 'Weight of the distillation loss.' }),
    ...lossUsersShape,
    experts: int({ default: 30, min: 1, max: 1000, help: 'Number of experts for users, and for items.' }),
    temperature: float({
      default: 1,
      above: 0,
      max: 1e6,
      help: 'Temperature of the expert selection in the first epoch.',
    }),
    lastTemperature: float({
      default: 1e-10,
      above: 0,
      max: 1e6,
      help: 'Temperature of the expert selection at the end, when each user and item has one expert.',
    }),
    annealEpochs: int({
      default: 100,
      min: 1,
      max: 100_000,
      help: 'Epochs over which the temperature decreases exponentially from the first to the last value.',
    }),
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
    const parted = o.lossUsers === 'all' ? everyone(context) : parties(context);

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
        const named = parted.of(batch);
        const f = student.factors!(named.users);
        let loss = teach('user', named.users, f, 1, batch);
        for (const ids of named.items) loss += teach('item', ids, f, 0.5, batch);
        return o.lambda * loss;
      },
      close() {
        parted.close();
        for (const { experts } of parts) experts.close();
        k.free(from, to);
      },
    };
  },
});

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

function temperatureIn(
  epoch: number,
  o: { readonly temperature: number; readonly lastTemperature: number; readonly annealEpochs: number },
): number {
  const way = Math.min(1, (epoch - 1) / o.annealEpochs);
  return o.temperature ** (1 - way) * o.lastTemperature ** way;
}

function copyRow(table: Floats, row: number, dim: number, out: Floats, to: number): void {
  for (let d = 0; d < dim; d++) out[to * dim + d] = table[row * dim + d]!;
}

/** The users and items in the loss of a step. */
interface Parties {
  of(batch: Batch): { readonly users: Int32Array; readonly items: readonly Int32Array[] };
  close(): void;
}

/** Every user and every item once per epoch. */
function everyone(context: DistillContext): Parties {
  const users = everyOneOnce(context, usersOf(context), 'de users');
  const items = everyOneOnce(context, context.train.nItems, 'de items');
  return {
    of: (batch) => ({ users: users.pick(batch), items: [items.pick(batch)] }),
    close() {
      users.close();
      items.close();
    },
  };
}

/** The distinct users of a batch, and its distinct positive and negative items. A batch of users has the items of these users only. */
function parties(context: DistillContext): Parties {
  const { train } = context;
  const picker = usersOfBatch(context);
  return {
    of(batch) {
      const users = picker.pick(batch);
      if (batch.kind !== 'pairs')
        return { users, items: [distinct([...users].flatMap((u) => [...itemsOf(train, u)]))] };
      const { positives, negatives, size, perPositive } = batch;
      return {
        users,
        items: [distinct(positives.subarray(0, size)), distinct(negatives.subarray(0, size * perPositive))],
      };
    },
    close: picker.close,
  };
}

const distinct = (ids: Iterable<number>): Int32Array => Int32Array.from(new Set(ids)).sort();
