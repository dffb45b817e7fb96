// Logistic matrix factorisation (Johnson, NIPS workshops 2014), with sampled negatives: the inner product of a user and an item is the
// log-odds of an interaction. Its parameters are tables whose inner products are the scores, so that it has a student bundle.
import * as kit from 'recdistill/toolkit';

const { int, logRange, options } = kit;

export const logisticMf = kit.trainedModel({
  name: 'logistic-mf',
  summary: 'Matrix factorisation with a logistic loss',
  source: 'Johnson, Logistic matrix factorization for implicit feedback data, NIPS workshops 2014',
  options: options({
    dim: int({ default: 32, min: 1, max: 1024, help: 'Embedding dimension.' }),
    ...kit.pairShape({ epochs: 100, batchSize: 1024, learningRate: 0.01, l2: 0.001, evaluateEvery: 5, patience: 5 }),
  }),
  search: { learningRate: logRange(0.001, 0.1), l2: logRange(0.0001, 0.1) },
  capabilities: ['factors', 'scores', 'weights'],
  small: { dim: 3 },
  memory: ({ nUsers, nItems }, o) => (nUsers + nItems) * o.dim * 16 + o.batchSize * (1 + o.negatives) * 16,
  create({ kernels: k, train, seed }, o) {
    const table = (of, rows) =>
      kit.marked(k, kit.normalTable(k, of, rows, o.dim, kit.stream(seed, `logistic-mf ${of}`), 0.1, of));
    const [p, q] = [table('users', train.nUsers), table('items', train.nItems)];
    const factors = {
      ...{ dim: o.dim, userFactors: p.values, itemFactors: q.values },
      ...{ userGradient: p.gradient, itemGradient: q.gradient },
    };
    const most = o.batchSize * (1 + o.negatives);
    const [users, items, targets] = [k.ints(most), k.ints(most), k.floats(most)];
    const model = {
      ...{ name: 'logistic-mf', nUsers: train.nUsers, nItems: train.nItems, batches: 'pairs' },
      ...{ parameters: [p, q], size: (train.nUsers + train.nItems) * o.dim },
      factors(ofUsers, ofItems) {
        p.touched.mark(ofUsers);
        q.touched.mark(ofItems);
        return factors;
      },
      scoreRows: (rows, out) => kit.scoreByFactors(k, factors, rows, train.nItems, out),
      accumulate(batch) {
        kit.markBatch([p, q], batch);
        const { size, perPositive } = batch;
        const n = size * (1 + perPositive);
        for (let at = 0; at < n; at++) {
          users[at] = batch.users[at < size ? at : Math.floor((at - size) / perPositive)];
          items[at] = at < size ? batch.positives[at] : batch.negatives[at - size];
          targets[at] = at < size ? 1 : 0;
        }
        const pairs = { users: users.subarray(0, n), items: items.subarray(0, n) };
        return learner.learn(pairs, (scores, gradient) => kit.bce(scores, targets, gradient, n));
      },
      close() {
        learner.close();
        k.free(users, items, targets);
        kit.freeParameters(k, [p, q]);
      },
    };
    const learner = kit.createPairLearner(k, model);
    return model;
  },
});
