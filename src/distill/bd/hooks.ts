/** The loss of bidirectional distillation in the training loop: each model learns the other's scores of some items. */
import { fail } from '../../errors.js';
import { bd } from '../../losses/index.js';
import { createPairLearner } from '../../models/pair-learner.js';
import { createScratch } from '../../models/scratch.js';
import { createProgress, runInParts } from '../../progress.js';
import type { CoTrainContext, MethodHooks } from '../_method.js';
import { createDraws } from './draws.js';
import type { BdLoss } from './options.js';
import { createBatchPairs, maxPairs } from './pairs.js';
import { publishedObserved } from './weights.js';

/** The hooks of a joint training with learners [teacher, student]. */
export function createBd(context: CoTrainContext, o: BdLoss): MethodHooks {
  const { kernels: k, train, teacher, student, step = createProgress().task('sampling items') } = context;
  const learners = [teacher, student] as const;
  const lambdas = [
    o.direction === 'to-student' ? 0 : o.teacherLambda,
    o.direction === 'to-teacher' ? 0 : o.studentLambda,
  ];
  const samples = learners.map((l, at) => (lambdas[at] === 0 ? 0 : (o.samples ?? l.negatives))) as [number, number];
  const draws = createDraws({
    ...{ kernels: k, train, samples, weights: o, update: o.update, seed: o.seed },
    models: [teacher.model, student.model],
    publishedObserved: [publishedObserved(teacher.model.name), publishedObserved(student.model.name)],
  });
  // The temperature of the model whose scores are the targets.
  const temperatures = [o.studentTemperature, o.teacherTemperature];
  const scorers = learners.map(({ model }) => createPairLearner(k, model));
  const pairsPerCall = Math.min(...scorers.map((s) => s.pairsPerCall));
  const picks = learners.map(({ model, batchSize }, at) =>
    createBatchPairs(k, train, draws.of[at]!, maxPairs(train, model.batches, batchSize, samples[at]!)),
  );
  const scratch = createScratch(k);
  return {
    base: 'kept',
    tables: draws.tables,
    async beforeEpoch(epoch) {
      if ((epoch - 1) % o.update !== 0 || samples.every((n) => n === 0)) return;
      const [without, also] = await runInParts(draws.update(epoch), step);
      if (o.sampling === 'published') refuseUsers(context, [...without!, ...also!]);
      context.report(epoch, { usersWithoutDraw: { teacher: without!.length, student: also!.length } });
    },
    prepare(batch, learner = 0) {
      if (o.sharedDraw && samples[learner]! > 0) picks[learner]!.share(batch);
    },
    accumulate(batch, learner = 0) {
      const { users, items, pick } = picks[learner]!;
      const n = samples[learner] === 0 ? 0 : pick(batch);
      let loss = 0;
      for (let start = 0; start < n; start += pairsPerCall) {
        const [from, to] = [start, Math.min(n, start + pairsPerCall)];
        const pairs = { users: users.subarray(from, to), items: items.subarray(from, to) };
        const targets = scratch.floats('targets', to - from);
        scorers[1 - learner]!.score(pairs, targets);
        loss += scorers[learner]!.learn(pairs, (scores, scoreGradients) =>
          bd(scores, targets, temperatures[learner]!, lambdas[learner]!, scoreGradients, to - from),
        );
      }
      return loss;
    },
    close() {
      scratch.close();
      for (const s of scorers) s.close();
      for (const p of picks) p.close();
      draws.close();
    },
  };
}

function refuseUsers({ userIds }: CoTrainContext, users: readonly number[]): void {
  if (users.length === 0) return;
  const names = users.slice(0, 3).map((u) => userIds?.[u] ?? `number ${u}`);
  fail('needs-not-met', {
    problem: `the published code cannot sample items for ${users.length} users for whom neither model ranks any item higher than the other, such as ${names.join(', ')}`,
    hint: 'Use --sampling intended, which samples nothing for these users in that period.',
  });
}
