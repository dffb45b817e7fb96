/** Every model, and the forms and options of models that go through code of their own. */
import { type Case, runOf, words } from './case.js';
import { madeRun, runParts } from './layout.js';

export const data = '--data synthetic:300x400x6000';
const lasting = (epochs: number): string => `--epochs ${epochs} --evaluate-every 2 --seed 1`;
/** Options of models that learn from pairs: several batches an epoch, the last of them not full. */
export const pairsFor = (epochs: number): string => `${lasting(epochs)} --batch-size 500 --learning-rate 0.01`;
export const pairs = pairsFor(6);
/** Options of autoencoders. */
export const rows = `${lasting(6)} --batch-size 64`;

const train = (name: string, of: string, options: string): Case => ({
  name,
  needs: [],
  async run(place) {
    const made = await place.compute('train', of, ...words(`${data} ${options}`), '--name', runOf(name));
    return runParts(place.path(madeRun(made)));
  },
});
const model = (name: string, options = ''): Case => train(`model/${name}`, name, options);
const form = (name: string, of: string, options: string): Case => train(`form/${of}-${name}`, of, options);

export const modelCases: readonly Case[] = [
  model('top-pop'),
  model('item-knn', '--neighbours 50'),
  model('rp3beta', '--neighbours 50 --beta 0.4'),
  model('ease'),
  model('ials', '--dim 8 --epochs 4 --seed 1'),
  model('bpr-mf', `--dim 8 ${pairs}`),
  model('cml', `--dim 8 ${pairs}`),
  model('neumf', `--dim 8 ${pairs}`),
  model('lightgcn', `--dim 8 ${pairs}`),
  model('mult-vae', `--dim 8 --hidden 24 ${rows}`),
  model('item-autoencoder', `--dim 8 --hidden 24 ${rows}`),
  model('cdae', `--dim 8 ${rows}`),
  model('mf', `--dim 8 ${rows}`),
  model('fism', `--dim 8 ${rows}`),
  form('support', 'item-knn', '--shrink support'),
  form('primal', 'ease', '--form primal'),
  form('dual', 'ease', '--form dual'),
  form('lazy-adam', 'bpr-mf', `--dim 7 ${pairs} --optimizer lazy-adam --l2-scope batch`),
  form('sgd', 'bpr-mf', `--dim 7 ${pairs} --optimizer sgd --negatives 3`),
  form('adagrad', 'bpr-mf', `--dim 7 ${pairs} --optimizer adagrad --sampler popularity`),
  form('held-out', 'bpr-mf', `--dim 7 ${pairs} --avoid held-out --spread quality --checkpoints 2`),
  form('hidden', 'bpr-mf', `--dim 7 ${pairs} --hidden-share 0.2 --at 5,20 --select-by ndcg@20`),
  form(
    'patience',
    'bpr-mf',
    '--dim 7 --epochs 40 --evaluate-every 1 --patience 1 --batch-size 500 --learning-rate 0.3',
  ),
  form('all', 'cml', `--dim 7 ${pairs} --loss-negatives all`),
  form('no-layers', 'lightgcn', `--dim 7 ${pairs} --layers 0 --optimizer lazy-adam`),
  form('plain', 'mult-vae', `--dim 7 --hidden 24 ${rows} --no-variational --optimizer adagrad`),
  form('bpr', 'fism', `--dim 7 ${pairs} --loss bpr --input-l2 0.01 --no-biases`),
  form('samples', 'fism', `--dim 7 ${rows} --samples 50 --exponent 0.8`),
  form('users', 'fism', `--dim 7 ${rows} --split users`),
  form('bpr', 'mf', `--dim 7 ${pairs} --loss bpr`),
  form('samples', 'mf', `--dim 7 ${rows} --samples 50`),
  form('softmax', 'lightgcn', `--dim 7 ${rows} --loss softmax`),
  form('logit', 'item-autoencoder', `--dim 7 --hidden 24 ${rows} --score logit`),
];
