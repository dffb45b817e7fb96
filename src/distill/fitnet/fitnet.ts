/**
 * FitNet (Romero et al., ICLR 2015) on embeddings: a projector maps the student's embeddings to the teacher's. docs/methods/fitnet.md lists our
 * choices.
 */
import { refuseIdle } from '../../options/idle.js';
import { choice, flag, options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { lossUsersShape } from '../batch-users.js';
import { createEntities, randomEntities } from '../features/entities.js';
import { createFeatureLoss, dimOf } from '../features/feature-loss.js';
import { takeJoined } from '../features/joined.js';
import { featureNeeds } from '../features/needs.js';
import { checkProjection, createProjection, projectionShape } from '../features/projection.js';
import { createSide, type Side } from '../features/side.js';
import { lossWeight, searchAround } from '../weight.js';

export const fitnet = distillationMethod({
  name: 'fitnet',
  summary: 'Feature regression: a projector maps the embeddings of the student to those of the teacher',
  source: 'Romero et al., FitNets: hints for thin deep nets, ICLR 2015',
  needs: featureNeeds,
  search: { lambda: searchAround(0.1) },
  options: options({
    lambda: lossWeight(0.1),
    ...lossUsersShape,
    rows: choice(['taught', 'random'], {
      default: 'taught',
      help: 'Users and items in the loss of a step. taught: those of lossUsers. random: as many random ones of each as the batch has rows, as in published code.',
    }),
    ...projectionShape,
    normalize: flag({ default: false, help: 'Compares directions: both vectors are divided by their norm.' }),
  }),
  check(o) {
    checkProjection('fitnet', o);
    if (o.rows === 'random') refuseIdle('fitnet', o, { lossUsers: 'all' }, 'rows random');
  },
  create(context, o) {
    const { kernels: k, student, teachers, seed } = context;
    const target = takeJoined(k, teachers);
    const dims = { student: dimOf(student), teacher: target.dim };
    const projections = ['users', 'items'].map((side) => createProjection(k, dims, o, seed, `fitnet ${side}`));
    const [users, items] = projections.map((p) => createSide(k, p, dims)) as [Side, Side];
    const entities =
      o.rows === 'random' ? randomEntities(context, 'fitnet') : createEntities(context, o.lossUsers, 'fitnet');
    const loss = createFeatureLoss(student, { users, items }, target, o.normalize ? 'unit' : 'squared');
    const half = o.rows === 'random' ? 1 : 0.5;
    return {
      base: 'kept',
      parameters: projections.flatMap((p) => p.parameters),
      accumulate: (batch) => o.lambda * loss.accumulate(entities.of(batch), o.lambda, half, batch),
      close() {
        entities.close();
        users.close();
        items.close();
        k.free(target.userFactors, target.itemFactors);
      },
    };
  },
});
