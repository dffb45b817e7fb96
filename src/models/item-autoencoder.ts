/**
 * The autoencoder of mult-vae on item rows: it reconstructs the users of an item under a softmax over users.
 * score(u, i) = log P(u | item i) + log P(i), or the logit of user u for item i. Network of Liang et al., WWW 2018, on item rows as in
 * Sedhain et al., AutoRec, WWW 2015.
 */

import { transpose } from '../data/interactions.js';
import { choice, options } from '../options/options.js';
import { type Tables, trainedModel } from './_model.js';
import { scoreByFactors } from './factors.js';
import { createJointTables, jointMemory } from './joint-tables.js';
import { createRowVae, vaeMemory, vaeSearch, vaeShape } from './row-vae.js';

export const itemAutoencoder = trainedModel({
  name: 'item-autoencoder',
  summary: 'Variational autoencoder with multinomial likelihood on item rows',
  source:
    'Liang et al., Variational autoencoders for collaborative filtering, WWW 2018, on the item rows of Sedhain et al., AutoRec, WWW 2015',
  options: options({
    ...vaeShape(
      {
        ...{ hidden: 100, dim: 64, dropout: 0.5, beta: 0.2, annealEpochs: 5 },
        ...{ epochs: 40, batchSize: 128, learningRate: 0.004, l2: 0, evaluateEvery: 5, patience: 3 },
      },
      "an item's users",
    ),
    score: choice(['joint', 'logit'], {
      default: 'joint',
      help: 'joint: log P(user | item) + log P(item), comparable across items. logit: the raw output of the network.',
    }),
  }),
  search: vaeSearch,
  capabilities: [],
  ranksByTables: true,
  memory: ({ nUsers, nItems }, o) =>
    vaeMemory(nItems, nUsers, o) + (o.score === 'joint' ? jointMemory(nItems, nUsers, o.hidden + 4) * 4 : 0),
  create({ kernels: k, train, seed }, o) {
    const vae = createRowVae(k, transpose(train), seed, 'item-autoencoder', o);
    const joint = createJointTables(k, train);
    const tables = (): Tables => {
      const logits = { userFactors: vae.columns, itemFactors: vae.everyOutput(), dim: vae.dim };
      return o.score === 'joint' ? joint.of(logits) : logits;
    };
    return {
      name: 'item-autoencoder',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters: vae.parameters,
      size: vae.size,
      batches: 'items',
      accumulate(batch) {
        if (batch.kind !== 'items') throw new TypeError('item-autoencoder works on batches of items');
        return vae.accumulate(batch.items.subarray(0, batch.size), batch.epoch, batch.index);
      },
      tables,
      scoreRows: (users, out) => scoreByFactors(k, tables(), users, train.nItems, out),
      close() {
        joint.close();
        vae.close();
      },
    };
  },
});
