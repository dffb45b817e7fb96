/** The teachers' order of each user's candidates within each group of items of similar popularity. */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import { groupOfItems } from '../../data/popularity-groups.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import type { Tables } from '../../models/_model.js';
import { rankTables } from '../../models/index.js';
import type { DistillContext, TeacherKnowledge } from '../_method.js';
import { fuseRankings } from '../ensemble/index.js';
import { usualImportance } from '../one-ranking.js';

/**
 * One ranking per group, of unobserved items of the group. A teacher with embeddings ranks all of them; of other teachers, the stored list is divided.
 * Several teachers are fused in each group, as in methods for one teacher.
 * @param length maximum length of a list
 * @throws RecdistillError `interrupted`
 */
export async function groupRankings(
  { kernels, train, teachers }: Pick<DistillContext, 'kernels' | 'train' | 'teachers'>,
  groups: readonly Int32Array[],
  length: number,
): Promise<Rankings[]> {
  const groupOf = groupOfItems(groups, train.nItems);
  const fused: Rankings[] = [];
  for (const [g, items] of groups.entries()) {
    const depth = Math.min(length, items.length);
    const each: Rankings[] = [];
    for (const teacher of teachers) {
      each.push(
        teacher.tables
          ? await rankedIn(kernels, teacher.tables, train, Int32Array.from(items).sort(), depth)
          : listedIn(teacher, train, groupOf, g, depth),
      );
    }
    fused.push(
      each.length === 1
        ? each[0]!
        : fuseRankings(each, usualImportance(depth), depth, { weights: weightsOf(teachers) }),
    );
  }
  return fused;
}

const weightsOf = (teachers: readonly TeacherKnowledge[]): number[] => teachers.map((t) => t.weight ?? 1);

/** The items of the group by the scores of a teacher, as a catalogue of their own. @param items ascending */
async function rankedIn(
  kernels: DistillContext['kernels'],
  tables: Tables,
  train: Interactions,
  items: Int32Array,
  depth: number,
): Promise<Rankings> {
  const { dim, itemFactors } = tables;
  const own = new Float32Array(items.length * dim);
  const places = new Int32Array(train.nItems).fill(-1);
  items.forEach((item, at) => {
    places[item] = at;
    own.set(itemFactors.subarray(item * dim, (item + 1) * dim), at * dim);
  });
  const mask = inCatalogue(train, places, items.length);
  const users = train.trainUsers ? { users: train.trainUsers } : {};
  const ranked = await rankTables(kernels, { ...tables, itemFactors: own }, mask, depth, users);
  return { ...ranked, nItems: train.nItems, items: ranked.items.map((at) => (at < 0 ? at : items[at]!)) };
}

/** The interactions with items that have a place, which is their number in the result. */
function inCatalogue(train: Interactions, places: Int32Array, nItems: number): Interactions {
  const indptr = new Int32Array(train.nUsers + 1);
  const indices: number[] = [];
  for (let user = 0; user < train.nUsers; user++) {
    for (const item of itemsOf(train, user)) if (places[item]! >= 0) indices.push(places[item]!);
    indptr[user + 1] = indices.length;
  }
  return { nUsers: train.nUsers, nItems, indptr, indices: Int32Array.from(indices) };
}

/** The items of a group in the stored lists of a teacher. Imported lists may contain observed items, which are skipped. */
function listedIn(
  teacher: TeacherKnowledge,
  train: Interactions,
  groupOf: Int32Array,
  g: number,
  depth: number,
): Rankings {
  const stored = teacher.checkpoints.at(-1)!.rankings;
  const items = new Int32Array(train.nUsers * depth).fill(-1);
  for (let user = 0; user < train.nUsers; user++) {
    const had = new Set(itemsOf(train, user));
    const own = rankingOf(stored, user).filter((item) => groupOf[item] === g && !had.has(item));
    items.set(own.subarray(0, depth), user * depth);
  }
  return { nUsers: train.nUsers, nItems: train.nItems, depth, items };
}
