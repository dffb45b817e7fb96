/** Every model, and the forms and options of models that go through code of their own. */
import { type Case, runOf } from './case.js';
import { madeRun, runParts } from './layout.js';

export const data = ['--data', 'synthetic:300x400x6000'];
export const short = ['--epochs', '6', '--evaluate-every', '2', '--seed', '1'];
/** Several batches an epoch, the last of them not full. */
export const pairs = [...short, '--batch-size', '500', '--learning-rate', '0.01'];
export const users = [...short, '--batch-size', '64'];

const train = (name: string, model: string, ...words: string[]): Case => ({
  name,
  needs: [],
  run: async (place) =>
    runParts(place.path(madeRun(await place.compute('train', model, ...data, ...words, '--name', runOf(name))))),
});
const model = (name: string, ...words: string[]): Case => train(`model/${name}`, name, ...words);
const form = (name: string, of: string, ...words: string[]): Case => train(`form/${of}-${name}`, of, ...words);

export const modelCases: readonly Case[] = [
  model('top-pop'),
  model('item-knn', '--neighbours', '50'),
  model('rp3beta', '--neighbours', '50', '--beta', '0.4'),
  model('ease'),
  model('ials', '--dim', '8', '--epochs', '4', '--seed', '1'),
  model('bpr-mf', '--dim', '8', ...pairs),
  model('cml', '--dim', '8', ...pairs),
  model('neumf', '--dim', '8', ...pairs),
  model('lightgcn', '--dim', '8', ...pairs),
  model('mult-vae', '--dim', '8', '--hidden', '24', ...users),
  model('item-autoencoder', '--dim', '8', '--hidden', '24', ...users),
  model('cdae', '--dim', '8', ...users),
  form('support', 'item-knn', '--shrink', 'support'),
  form('primal', 'ease', '--form', 'primal'),
  form('dual', 'ease', '--form', 'dual'),
  form('lazy-adam', 'bpr-mf', '--dim', '7', ...pairs, '--optimizer', 'lazy-adam', '--l2-scope', 'batch'),
  form('sgd', 'bpr-mf', '--dim', '7', ...pairs, '--optimizer', 'sgd', '--negatives', '3'),
  form('adagrad', 'bpr-mf', '--dim', '7', ...pairs, '--optimizer', 'adagrad', '--sampler', 'popularity'),
  form(
    'held-out',
    'bpr-mf',
    '--dim',
    '7',
    ...pairs,
    '--avoid',
    'held-out',
    '--spread',
    'quality',
    '--checkpoints',
    '2',
  ),
  form('hidden', 'bpr-mf', '--dim', '7', ...pairs, '--hidden-share', '0.2', '--at', '5,20', '--select-by', 'ndcg@20'),
  form(
    'patience',
    'bpr-mf',
    '--dim',
    '7',
    ...pairs,
    '--epochs',
    '40',
    '--evaluate-every',
    '1',
    '--patience',
    '1',
    '--learning-rate',
    '0.3',
  ),
  form('all', 'cml', '--dim', '7', ...pairs, '--against', 'all'),
  form('no-layers', 'lightgcn', '--dim', '7', ...pairs, '--layers', '0', '--optimizer', 'lazy-adam'),
  form('plain', 'mult-vae', '--dim', '7', '--hidden', '24', ...users, '--no-variational', '--optimizer', 'adagrad'),
  form('logit', 'item-autoencoder', '--dim', '7', '--hidden', '24', ...users, '--score', 'logit'),
];
