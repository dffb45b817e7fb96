/**
 * PCKD, preference-consistent distillation (arXiv 2311.04549): distillation of embeddings whose projectors must keep the student's order of a
 * user's items. docs/methods/pckd.md lists our choices.
 */
import { refuseIdle } from '../../options/idle.js';
import { choice, float, int, options } from '../../options/options.js';
import { logRange } from '../../options/search.js';
import { distillationMethod } from '../_method.js';
import { lossUsersShape } from '../batch-users.js';
import { createExpertProjection } from '../de/expert-projection.js';
import { expertShape } from '../de/temperature.js';
import { createEntities } from '../features/entities.js';
import { createFeatureLoss, dimOf } from '../features/feature-loss.js';
import { takeJoined } from '../features/joined.js';
import { featureNeeds } from '../features/needs.js';
import { checkProjection, createProjection, projectionShape } from '../features/projection.js';
import { createSide, type Side } from '../features/side.js';
import { lossWeight, searchAround } from '../weight.js';
import { createDraws } from './draws.js';
import { createPreference } from './preference.js';

const drawShape = {
  guide: choice(['student', 'teacher'], {
    default: 'student',
    help: 'Ranking from which items are drawn. student: its own, renewed every period epochs. teacher: that of the teacher, as in published code.',
  }),
  candidates: int({
    default: 100,
    min: 2,
    max: 1_000_000,
    help: 'Number of top items of the ranking that are considered.',
  }),
  rankTemperature: float({
    default: 10,
    above: 0,
    max: 1e6,
    help: 'The item of rank r (from 0) is drawn in proportion to exp(-r / rankTemperature).',
  }),
};

export const pckd = distillationMethod({
  name: 'pckd',
  summary: "Distillation of embeddings whose projectors keep the student's order of items",
  source: 'PCKD, TKDE 37(4) 2025, arXiv 2311.04549',
  needs: featureNeeds,
  search: { lambda: searchAround(0.1), alpha: logRange(0.005, 5) },
  options: options({
    lambda: lossWeight(0.1),
    ...lossUsersShape,
    feature: choice(['fitnet', 'de'], {
      default: 'fitnet',
      help: 'Loss of the embeddings, and with it the projectors. fitnet: one projector for users and one for items. de: experts.',
    }),
    alpha: float({
      default: 0.1,
      min: 0,
      max: 1e6,
      help: 'Weight of the regulariser beside the loss of the embeddings.',
    }),
    regulariser: choice(['list', 'pair', 'hybrid'], {
      default: 'list',
      help: 'What keeps the order. list: cross-entropy of the scores of the drawn items. pair: the order of two items. hybrid: both, with equal weights.',
    }),
    samples: int({ default: 5, min: 2, max: 1000, help: 'Items drawn per user and epoch for a list.' }),
    scoreTemperature: float({
      default: 0.1,
      above: 0,
      max: 1e6,
      help: 'Divides the scores in the softmax of a list.',
    }),
    sampling: choice(['rank', 'uniform'], {
      default: 'rank',
      help: "How the items are drawn. rank: from the top of a ranking. uniform: from all items that are not the user's.",
    }),
    ...drawShape,
    period: int({
      default: 10,
      min: 1,
      max: 10_000,
      help: "Epochs between two updates of the student's ranking, and between two reports.",
    }),
    ...projectionShape,
    ...expertShape,
  }),
  // The default feature takes no other experts than the default ones.
  small: { candidates: 8, samples: 3, period: 2, experts: 30, annealEpochs: 100 },
  check(o) {
    checkProjection('pckd', o);
    const defaults = options({ ...drawShape, ...expertShape }).parse({});
    const { guide, candidates, rankTemperature, ...ofExperts } = defaults;
    if (o.feature === 'de')
      refuseIdle('pckd', o, { projectorHidden: undefined, projectorBias: false }, 'the feature de');
    else refuseIdle('pckd', o, ofExperts, 'the feature fitnet');
    if (o.regulariser === 'pair') refuseIdle('pckd', o, { samples: 5, scoreTemperature: 0.1 }, 'the regulariser pair');
    if (o.sampling === 'uniform') refuseIdle('pckd', o, { guide, candidates, rankTemperature }, 'the sampling uniform');
  },
  async create(context, o) {
    const { kernels: k, student, teachers, seed, batchesPerEpoch } = context;
    // May be interrupted, so it comes before anything that has to be freed.
    const drawn = { list: o.samples, pair: 2, hybrid: o.samples + 2 }[o.regulariser];
    const draws = o.alpha > 0 ? await createDraws(context, drawn, o) : undefined;
    const target = takeJoined(k, teachers);
    const dims = { student: dimOf(student), teacher: target.dim };
    const projections = (['user', 'item'] as const).map((side) =>
      o.feature === 'de'
        ? createExpertProjection(k, dims, target[`${side}Factors`], o, batchesPerEpoch, seed, `pckd ${side}s`)
        : createProjection(k, dims, o, seed, `pckd ${side}s`),
    );
    const [users, items] = projections.map((p) => createSide(k, p, dims)) as [Side, Side];
    const feature = createFeatureLoss(student, { users, items }, target, 'squared');
    const preference = createPreference(k, { users, items }, dims.teacher, o);
    const entities = createEntities(context, o.lossUsers, 'pckd');
    let seen = { loss: 0, turned: 0, users: 0 };
    return {
      base: 'kept',
      parameters: projections.flatMap((p) => p.parameters),
      tables: draws?.tables ?? [],
      accumulate(batch) {
        const named = entities.of(batch);
        const loss = feature.accumulate(named, o.lambda, 0.5, batch);
        if (draws) {
          const lists = Array.from(named.users, (user) => draws.of(user, batch.epoch));
          const isReported = batch.epoch % o.period === 0;
          const scale = o.lambda * o.alpha;
          const f = student.factors!(named.users, new Int32Array(0));
          const own = preference.accumulate(named.users, lists, f, scale, batch, isReported);
          if (isReported)
            seen = {
              loss: seen.loss + own.loss,
              turned: seen.turned + own.turned,
              users: seen.users + own.users,
            };
        }
        // The regulariser teaches the projectors only, so it is no part of the student's loss.
        return o.lambda * loss;
      },
      async afterEpoch(epoch) {
        await draws?.afterEpoch(epoch);
        if (draws && epoch % o.period === 0) {
          const { loss, turned, users: n } = seen;
          context.report(epoch, { preference: loss / Math.max(1, n), inconsistency: turned / Math.max(1, n) });
          seen = { loss: 0, turned: 0, users: 0 };
        }
        return { restartPatience: false };
      },
      close() {
        entities.close();
        preference.close();
        users.close();
        items.close();
        k.free(target.userFactors, target.itemFactors);
      },
    };
  },
});
