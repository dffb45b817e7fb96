/**
 * FreqD, frequency-aware distillation (arXiv 2411.10676): FitNet on embeddings that are smoothed over a graph of users and one of items, so that
 * low frequencies weigh more. docs/methods/freqd.md lists our choices.
 */
import { transpose } from '../../data/interactions.js';
import type { Tables } from '../../models/_model.js';
import { refuseIdle } from '../../options/idle.js';
import { choice, flag, float, int, options } from '../../options/options.js';
import { range } from '../../options/search.js';
import { type DistillContext, distillationMethod } from '../_method.js';
import { lossUsersShape } from '../batch-users.js';
import { createEntities } from '../features/entities.js';
import { createFeatureLoss, dimOf } from '../features/feature-loss.js';
import { joined, takeJoined } from '../features/joined.js';
import { featureNeeds } from '../features/needs.js';
import { checkProjection, createProjection, projectionShape } from '../features/projection.js';
import { lossWeight, searchAround } from '../weight.js';
import { createFilter } from './filter.js';
import { createFilteredSide } from './filtered-side.js';
import { adjacencyOf, coOccurring, filterOf, nearestRows } from './graph.js';

export const freqd = distillationMethod({
  name: 'freqd',
  summary: 'Feature regression on embeddings smoothed over graphs of users and of items',
  source: 'FreqD, KDD 2025, arXiv 2411.10676',
  needs: featureNeeds,
  search: { lambda: searchAround(0.5), alpha: range(0.1, 0.9) },
  options: options({
    lambda: lossWeight(0.5),
    ...lossUsersShape,
    alpha: float({
      default: 0.5,
      min: 0,
      max: 1,
      help: 'Strength of the filter H = alpha * adjacency + (1 - alpha) * identity. 0: none.',
    }),
    order: int({ default: 1, min: 1, max: 2, help: 'How many times the filter is applied.' }),
    graph: choice(['cooccurrence', 'teacher'], {
      default: 'cooccurrence',
      help: 'Neighbours of a user or item. cooccurrence: those with most items or users in common. teacher: those with the largest cosine of the embeddings of the teacher.',
    }),
    graphNeighbours: int({ default: 5, min: 1, max: 1000, help: 'Neighbours of each user and item.' }),
    zeroCounts: choice(['drop', 'keep'], {
      default: 'drop',
      help: 'Neighbours without a common item or user. drop: none. keep: those of lowest ids fill up the neighbours, as in published code.',
    }),
    ...projectionShape,
    normalize: flag({ default: true, help: 'Compares directions: the loss is 1 - cosine.' }),
  }),
  small: { graphNeighbours: 2 },
  check(o) {
    checkProjection('freqd', o);
    if (o.graph === 'teacher') refuseIdle('freqd', o, { zeroCounts: 'drop' }, 'the graph teacher');
  },
  create(context, o) {
    const { kernels: k, student, teachers, seed } = context;
    const given = takeJoined(k, teachers);
    const { dim } = given;
    const dims = { student: dimOf(student), teacher: dim };
    const [users, items] = (['user', 'item'] as const).map((side) => {
      const filter = createFilter(k, filterOf(adjacencyOf(neighboursOf(context, side, o)), o.alpha, o.order));
      const projection = createProjection(k, dims, o, seed, `freqd ${side}s`);
      return {
        ...{ filter, projection, smoothed: filter.all(given[`${side}Factors`], dim) },
        reconstructor: createFilteredSide(k, projection, dims, filter),
      };
    }) as [SmoothedSide, SmoothedSide];
    k.free(given.userFactors, given.itemFactors);
    const target: Tables = { userFactors: users.smoothed, itemFactors: items.smoothed, dim };
    const sides = { users: users.reconstructor, items: items.reconstructor };
    const loss = createFeatureLoss(student, sides, target, o.normalize ? 'cosine' : 'squared');
    const entities = createEntities(context, o.lossUsers, 'freqd');
    return {
      base: 'kept',
      parameters: [...users.projection.parameters, ...items.projection.parameters],
      accumulate: (batch) => o.lambda * loss.accumulate(entities.of(batch), o.lambda, 0.5, batch),
      close() {
        entities.close();
        for (const { filter, reconstructor, smoothed } of [users, items]) {
          reconstructor.close();
          filter.close();
          k.free(smoothed);
        }
      },
    };
  },
});

interface SmoothedSide {
  readonly filter: ReturnType<typeof createFilter>;
  readonly projection: ReturnType<typeof createProjection>;
  /** H times the table of the teacher. */
  readonly smoothed: Tables['userFactors'];
  readonly reconstructor: ReturnType<typeof createFilteredSide>;
}

interface GraphOptions {
  readonly graph: 'cooccurrence' | 'teacher';
  readonly graphNeighbours: number;
  readonly zeroCounts: 'drop' | 'keep';
}

function neighboursOf(
  { kernels, train, teachers }: DistillContext,
  side: 'user' | 'item',
  o: GraphOptions,
): Int32Array[] {
  if (o.graph === 'cooccurrence')
    return coOccurring(side === 'user' ? train : transpose(train), o.graphNeighbours, o.zeroCounts);
  const tables = joined(teachers);
  return nearestRows(kernels, tables[`${side}Factors`], tables.dim, o.graphNeighbours);
}
