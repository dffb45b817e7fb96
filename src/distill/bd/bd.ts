/**
 * BD, bidirectional distillation (Kweon, Kang and Yu, WWW 2021): a teacher and a student train together, each with its own loss and with a
 * loss on the other's scores of some items. docs/methods/bd.md lists our choices.
 */
import type { Interactions } from '../../data/interactions.js';
import { fail } from '../../errors.js';
import type { TrainOptions } from '../../models/options.js';
import { logRange } from '../../options/search.js';
import { coTrainedMethod, type Pair } from '../_method.js';
import { searchAround } from '../weight.js';
import { createBd } from './hooks.js';
import { type BdOptions, bdDefaultsFor, bdOptions } from './options.js';
import { publishedMetrics } from './published.js';
import { maxEpsilon } from './weights.js';

export const bd = coTrainedMethod({
  name: 'bd',
  summary: 'Bidirectional distillation: a teacher and a student train together and learn from each other',
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

/** Bytes of the scores and ranks of a block of users, see draws.ts. */
const RANKING_BYTES = 48e6;

function check(o: BdOptions, { nItems }: Interactions, learners: Pair<TrainOptions>): void {
  const refuse = (option: string, given: unknown, expected: string, help: string) =>
    fail('bad-option', { owner: 'bd', option, given, expected, help });
  if (o.update > o.epochs)
    refuse('update', o.update, `at most ${o.epochs}, the epochs`, 'Items are sampled every `update` epochs.');
  const most = maxEpsilon(nItems);
  if (o.epsilon > most && ['intended', 'published', 'swapped'].includes(o.sampling)) {
    const expected = `at most ${most.toPrecision(2)} with ${nItems} items`;
    refuse('epsilon', o.epsilon, expected, 'Larger values overflow the sampling weights.');
  }
  if (!o.sharedDraw || o.samples === undefined) return;
  for (const [role, { negatives = 1 }] of Object.entries(learners)) {
    if (o.samples === negatives) continue;
    const expected = `${negatives} with sharedDraw, the negatives of the ${role}`;
    refuse('samples', o.samples, expected, 'Leave it out: each sampled item replaces one negative.');
  }
}
