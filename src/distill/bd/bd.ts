/**
 * BD, bidirectional distillation (Kweon, Kang and Yu, WWW 2021): a teacher and a student that train together, each on its own loss and on what the
 * other says about some items. docs/methods/bd.md says what is ours.
 */
import type { Interactions } from '../../data/interactions.js';
import { fail } from '../../errors.js';
import type { TrainOptions } from '../../models/options.js';
import { logRange } from '../../options/search.js';
import { coTrainedMethod, type Pair } from '../_method.js';
import { searchAround } from '../weight-search.js';
import { createBd } from './hooks.js';
import { type BdOptions, bdDefaultsFor, bdOptions } from './options.js';
import { publishedMetrics } from './published.js';
import { mostEpsilon } from './weights.js';

export const bd = coTrainedMethod({
  name: 'bd',
  summary: 'A teacher and a student train on together, each also on scores of the other',
  source: 'Kweon, Kang and Yu, Bidirectional distillation for top-K recommender system, WWW 2021',
  needs: { teachers: 'one', form: 'co-trained', base: 'kept', student: ['scores'], teacher: ['parameters'] },
  options: bdOptions,
  small: { update: 2 },
  search: { teacherLambda: searchAround(0.5), studentLambda: searchAround(0.5), studentL2: logRange(1e-5, 0.1) },
  defaultsFor: bdDefaultsFor,
  learnerOptions(role, o) {
    const { epochs, evaluateEvery, patience, seed, optimizer, batchSize } = o;
    const [learningRate, l2] =
      role === 'teacher' ? [o.teacherLearningRate, o.teacherL2] : [o.studentLearningRate, o.studentL2];
    return { epochs, evaluateEvery, patience, seed, optimizer, batchSize, learningRate, l2 };
  },
  check,
  memory(o, { indices, nItems }, { teacher, student }) {
    const each = [teacher, student].reduce((sum, { negatives }) => sum + (o.samples ?? negatives ?? 1), 0);
    return each * indices.length * o.update * 4 + Math.max(RANKING_BYTES, nItems * 12);
  },
  keepsLast: (o) => o.keep === 'last',
  measure: (k, model, dataset, o) => (o.protocol === 'published' ? publishedMetrics(k, model, dataset) : {}),
  create: createBd,
});

/** Scores and ranks of a block of users, in bytes: see draws.ts. */
const RANKING_BYTES = 48e6;

function check(o: BdOptions, { nItems }: Interactions, learners: Pair<TrainOptions>): void {
  const refuse = (option: string, given: unknown, expected: string, help: string) =>
    fail('bad-option', { owner: 'bd', option, given, expected, help });
  if (o.update > o.epochs)
    refuse('update', o.update, `at most ${o.epochs}, the epochs`, 'Items are drawn anew every `update` epochs.');
  const most = mostEpsilon(nItems);
  if (o.epsilon > most && ['intended', 'published', 'swapped'].includes(o.sampling)) {
    const expected = `at most ${most.toPrecision(2)} with ${nItems} items`;
    refuse('epsilon', o.epsilon, expected, 'Beyond that the weights of items leave the range of numbers.');
  }
  if (!o.sharedDraw || o.samples === undefined) return;
  for (const [role, { negatives = 1 }] of Object.entries(learners)) {
    if (o.samples === negatives) continue;
    const expected = `${negatives} with sharedDraw, the negatives of the ${role}`;
    refuse('samples', o.samples, expected, 'Leave it out: each drawn item takes the place of one negative.');
  }
}
