/**
 * HTD, hierarchical topology distillation, and FTD, its full form (Kang et al., Topology distillation for recommender system, KDD 2021): the
 * cosines between users and items become those of the teacher. docs/methods/htd.md lists our choices.
 */
import type { Floats, Kernels } from '../../kernels/index.js';
import type { Factors, Tables } from '../../models/_model.js';
import { createScratch } from '../../models/scratch.js';
import { refuseIdle } from '../../options/idle.js';
import { choice, flag, float, options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { lossUsersShape } from '../batch-users.js';
import { createExpertProjection, type ExpertProjection } from '../de/expert-projection.js';
import { expertShape } from '../de/temperature.js';
import { createEntities, distinct } from '../features/entities.js';
import { dimOf, together } from '../features/feature-loss.js';
import { takeJoined } from '../features/joined.js';
import { featureNeeds } from '../features/needs.js';
import { createSide } from '../features/side.js';
import { lossWeight, searchAround } from '../weight.js';
import { createTopology } from './topology.js';

export const htd = distillationMethod({
  name: 'htd',
  summary: 'Topology distillation: the cosines between users and items, within groups and between them',
  source: 'Kang et al., Topology distillation for recommender system, KDD 2021',
  needs: featureNeeds,
  search: { lambda: searchAround(0.01) },
  options: options({
    lambda: lossWeight(0.01),
    ...lossUsersShape,
    topology: choice(['group-entity', 'group-group', 'full'], {
      default: 'group-entity',
      help: 'Pairs whose cosines are taught. group-entity: those within a group, and those between the mean of a group and every user and item. group-group: those within a group, and those between means. full: all pairs, without groups (FTD).',
    }),
    alpha: float({
      default: 0.5,
      min: 0,
      max: 1,
      help: 'Share of the topology in the loss. The rest is the loss of the experts, which learn the groups.',
    }),
    ...expertShape,
    constantPrototypes: flag({
      default: false,
      help: 'Means of groups of the student get no gradient, as in published code.',
    }),
    positiveOnly: flag({
      default: false,
      help: 'Pairs within a group whose cosine is not positive for the teacher are left out, as in published code.',
    }),
  }),
  small: { experts: 3, annealEpochs: 5 },
  check(o) {
    if (o.topology !== 'full') return;
    const { experts, temperature, lastTemperature, annealEpochs } = options(expertShape).parse({});
    const idle = { alpha: 0.5, constantPrototypes: false, experts, temperature, lastTemperature, annealEpochs };
    refuseIdle('htd', o, idle, 'the topology full');
  },
  create(context, o) {
    const { kernels: k, student, teachers, seed, batchesPerEpoch } = context;
    const target = takeJoined(k, teachers);
    const dims = { student: dimOf(student), teacher: target.dim };
    const experts =
      o.topology === 'full'
        ? []
        : (['user', 'item'] as const).map((side) =>
            createExpertProjection(k, dims, target[`${side}Factors`], o, batchesPerEpoch, seed, `htd ${side}s`),
          );
    const [users, items] = experts.map((projection) => createSide(k, projection, dims));
    const topology = createTopology(k, dims, o);
    const rows = createRows(k, target, experts);
    const entities = createEntities(context, o.lossUsers, 'htd');
    const [ofTopology, ofExperts] = experts.length === 0 ? [1, 0] : [o.alpha, 1 - o.alpha];
    return {
      base: 'kept',
      parameters: experts.flatMap((e) => e.parameters),
      accumulate(batch) {
        const named = entities.of(batch);
        const ids = { users: named.users, items: distinct(together(named.items)) };
        const f = student.factors!(ids.users, ids.items);
        let loss = 0;
        if (users && items) {
          const scale = o.lambda * ofExperts;
          const ofUsers = { values: f.userFactors, gradient: f.userGradient };
          const ofItems = { values: f.itemFactors, gradient: f.itemGradient };
          loss += users.reconstruct(ids.users, ofUsers, target.userFactors, 'squared', scale, batch);
          loss += items.reconstruct(ids.items, ofItems, target.itemFactors, 'squared', scale, batch);
        }
        const taken = rows.take(f, ids.users, ids.items);
        const own = topology.step(
          taken.student,
          taken.teacher,
          taken.groups,
          taken.groups.length,
          o.lambda * ofTopology,
        );
        rows.putBack(f, taken.student);
        return o.lambda * (ofTopology * (own.entities + own.groups) + ofExperts * loss);
      },
      close() {
        entities.close();
        topology.close();
        rows.close();
        users?.close();
        items?.close();
        k.free(target.userFactors, target.itemFactors);
      },
    };
  },
});

/** Rows of users, then of items, ordered by the group that the experts assign; all in one group without experts. */
function createRows(k: Kernels, target: Tables, [users, items]: readonly ExpertProjection[]) {
  const scratch = createScratch(k);
  let [ids, places, ones] = [k.ints(0), k.ints(0), k.floats(0)];
  let [nUsers, n] = [0, 0];
  const expectRoom = (length: number) => {
    if (ids.length >= length) return;
    k.free(ids, places, ones);
    [ids, places, ones] = [k.ints(length), k.ints(length), k.floats(length).fill(1)];
    for (let at = 0; at < length; at++) places[at] = at;
  };
  /** Both parts of a table with a row for each user and item of the step. */
  const parts = (table: Floats, dim: number) =>
    [
      { ids: ids.subarray(0, nUsers), rows: table.subarray(0, nUsers * dim) },
      { ids: ids.subarray(nUsers, n), rows: table.subarray(nUsers * dim, n * dim) },
    ] as const;
  const ordered = (of: Int32Array, experts: ExpertProjection | undefined, from: number, groups: Int32Array) => {
    const own = new Int32Array(of.length);
    experts?.assign(of, own);
    const order = Int32Array.from(of.keys()).sort((a, b) => own[a]! - own[b]! || a - b);
    order.forEach((at, place) => {
      ids[from + place] = of[at]!;
      // Users and items have groups of their own.
      groups[from + place] = 2 * own[at]! + (from > 0 ? 1 : 0);
    });
  };
  return {
    take(f: Factors, ofUsers: Int32Array, ofItems: Int32Array) {
      [nUsers, n] = [ofUsers.length, ofUsers.length + ofItems.length];
      expectRoom(n);
      const groups = new Int32Array(n);
      ordered(ofUsers, users, 0, groups);
      ordered(ofItems, items, nUsers, groups);
      const student = scratch.floats('student', n * f.dim);
      const teacher = scratch.floats('teacher', n * target.dim);
      for (const [table, of, dim] of [
        [student, f, f.dim],
        [teacher, target, target.dim],
      ] as const) {
        const [u, i] = parts(table, dim);
        k.gather(of.userFactors, u.ids, dim, u.rows, nUsers);
        k.gather(of.itemFactors, i.ids, dim, i.rows, n - nUsers);
      }
      return { student, teacher, groups };
    },
    /** Adds the gradients of the rows, in the order of the last `take`, to those of the tables. */
    putBack(f: Factors, gradient: Floats) {
      const [u, i] = parts(gradient, f.dim);
      k.accumulate(f.userGradient, u.ids, u.rows, places, ones, f.dim, nUsers);
      k.accumulate(f.itemGradient, i.ids, i.rows, places, ones, f.dim, n - nUsers);
    },
    close() {
      scratch.close();
      k.free(ids, places, ones);
    },
  };
}
