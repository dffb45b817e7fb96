/** Small models to test methods with: one with inner products, one without, and one that cannot be a student. */
import { itemsOf } from '../data/index.js';
import { computedModel, type ModelSpec, type Pairs, type ScoreLoss, trainedModel } from '../models/_model.js';
import { bprMf } from '../models/bpr-mf.js';
import { embeddings, freeParameters } from '../models/factors.js';
import { pairShape, trainShape } from '../models/options.js';
import { int, options } from '../options/index.js';

const usual = { epochs: 3, batchSize: 5, learningRate: 0.01, l2: 0.001, evaluateEvery: 1, patience: 100 };
const dim = int({ default: 4, min: 1, max: 64, help: 'Embedding dimension.' });

/** Matrix factorisation with the BPR loss. */
const tables = trainedModel({
  name: 'synthetic-tables',
  summary: 'User and item tables',
  source: 'recdistill/testing',
  options: options({ dim, ...pairShape(usual) }),
  search: {},
  capabilities: ['factors', 'scores', 'weights'],
  memory: ({ nUsers, nItems }, o) => (nUsers + nItems) * o.dim * 16,
  create: (context, o) => ({ ...bprMf.create(context, { ...o, initScale: 0.3 }), name: 'synthetic-tables' }),
});

/** score(u, i) = sum over d of tanh(p_ud) q_id, trained by least squares on user rows. */
const network = trainedModel({
  name: 'synthetic-network',
  summary: 'Network scores, trained on user rows',
  source: 'recdistill/testing',
  options: options({ dim, ...trainShape(usual) }),
  search: {},
  capabilities: ['scores'],
  memory: ({ nUsers, nItems }, o) => (nUsers + nItems) * o.dim * 16,
  create(context, o) {
    const { kernels: k, train } = context;
    const [p, q] = embeddings(context, 'synthetic', o.dim, 0.3);
    const scoreOf = (user: number, item: number): number => {
      let score = 0;
      for (let d = 0; d < o.dim; d++) score += Math.tanh(p.values[user * o.dim + d]!) * q.values[item * o.dim + d]!;
      return score;
    };
    /** Adds the gradient of a score, times `weight`. */
    const push = (user: number, item: number, weight: number): void => {
      for (let d = 0; d < o.dim; d++) {
        const hidden = Math.tanh(p.values[user * o.dim + d]!);
        p.gradient[user * o.dim + d]! += weight * (1 - hidden * hidden) * q.values[item * o.dim + d]!;
        q.gradient[item * o.dim + d]! += weight * hidden;
      }
    };
    return {
      ...{ name: 'synthetic-network', nUsers: train.nUsers, nItems: train.nItems, batches: 'rows' },
      ...{ parameters: [p, q], size: (train.nUsers + train.nItems) * o.dim },
      scoreRows(users, out) {
        for (let at = 0; at < users.length * train.nItems; at++)
          out[at] = scoreOf(users[Math.floor(at / train.nItems)]!, at % train.nItems);
      },
      scorePairs({ users, items }: Pairs, out) {
        for (let n = 0; n < users.length; n++) out[n] = scoreOf(users[n]!, items[n]!);
      },
      learnPairs({ users, items }: Pairs, loss: ScoreLoss) {
        const [scores, gradients] = [k.floats(users.length), k.floats(users.length)];
        for (let n = 0; n < users.length; n++) scores[n] = scoreOf(users[n]!, items[n]!);
        const value = loss(scores, gradients);
        for (let n = 0; n < users.length; n++) push(users[n]!, items[n]!, gradients[n]!);
        k.free(scores, gradients);
        return value;
      },
      accumulate(batch) {
        if (batch.kind !== 'rows') throw new TypeError('it needs batches of user rows');
        let loss = 0;
        for (const user of batch.users.subarray(0, batch.size)) {
          const own = new Set(itemsOf(train, user));
          for (let item = 0; item < train.nItems; item++) {
            const error = scoreOf(user, item) - Number(own.has(item));
            loss += (error * error) / 2;
            push(user, item, error);
          }
        }
        return loss;
      },
      close: () => freeParameters(k, [p, q]),
    };
  },
});

/** Every score is 0. */
export const syntheticComputed: ModelSpec = computedModel({
  name: 'synthetic-computed',
  summary: 'Computed directly, so it cannot be a student',
  source: 'recdistill/testing',
  options: options({}),
  search: {},
  capabilities: [],
  memory: () => 0,
  create: async ({ train: { nUsers, nItems } }) => ({
    ...{ name: 'synthetic-computed', nUsers, nItems, parameters: [], size: 0 },
    scoreRows: (_, out) => void out.fill(0),
    close() {},
  }),
});

export const syntheticStudents: readonly ModelSpec[] = [tables, network];
