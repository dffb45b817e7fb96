/** What lists of all users are made from: a bundle with users, a bundle without users and what its users have, or the stored rankings of a run. */
import { readBundle } from '../../bundle/index.js';
import { defined } from '../../defined.js';
import { createProgress, runInParts } from '../../progress.js';
import { readingFinishedRun } from '../../runs/index.js';
import { createVectorOf } from '../../student/from-items.js';
import { createStudent, type StudentModel } from '../../student/index.js';
import type { ListSource } from './_source.js';
import { byLists } from './by-lists.js';
import { byVectors, type UserVectors } from './by-vectors.js';
import { type Request, readRequest } from './request.js';

export interface ListOptions {
  readonly k: number;
  readonly includeSeen: boolean;
}

/**
 * @param from folder of the bundle, or of the run
 * @param requested folder of the request
 * @throws RecdistillError as `readBundle`, `readFinishedRun`, `readRequest`
 */
export async function openSource(from: string, requested: string, options: ListOptions): Promise<ListSource> {
  const request = readRequest(requested);
  if (request.by === 'rankings') return await ofRankings(from, request, options);
  const { model } = await readBundle(from);
  return request.by === 'histories' ? ofHistories(model, request, options) : ofUsers(model, request, options);
}

const itemsOf = ({ itemIds, labels }: StudentModel) => ({ itemIds, ...defined({ labels }), hasScores: true });

function ofUsers(model: StudentModel, { users, items }: Request, { k, includeSeen }: ListOptions): ListSource {
  const { dim, userFactors, userBiases, userIds, seen } = model;
  const row = (n: number): number => users?.[n] ?? n;
  const vectors: UserVectors = {
    vectorOf: (n) => userFactors.subarray(row(n) * dim, (row(n) + 1) * dim),
    offsetOf: (n) => userBiases?.[row(n)] ?? 0,
    rowOf: row,
    unknown: { items: new Int32Array(0), scores: new Float32Array(0) },
    ...(seen && !includeSeen ? { left: seen } : {}),
  };
  return {
    ...itemsOf(model),
    nUsers: users?.length ?? model.nUsers,
    userId: (n) => userIds[row(n)]!,
    blocks: byVectors(model, vectors, { k, items }),
  };
}

function ofHistories(model: StudentModel, request: Request, { k, includeSeen }: ListOptions): ListSource {
  const { users, items, userIds = [], history, left } = request;
  const row = (n: number): number => users?.[n] ?? n;
  const vectorOf = createVectorOf(model);
  const vectors: UserVectors = {
    vectorOf(n) {
      const own = history!.indices.subarray(history!.indptr[row(n)]!, history!.indptr[row(n) + 1]!);
      return own.length > 0 ? vectorOf(own, {}) : undefined;
    },
    offsetOf: () => 0,
    rowOf: row,
    unknown: popularOf(model, k, items),
    ...(left && !includeSeen ? { left } : {}),
  };
  return {
    ...itemsOf(model),
    nUsers: users?.length ?? userIds.length,
    userId: (n) => userIds[row(n)]!,
    blocks: byVectors(model, vectors, { k, items }),
  };
}

/** The list of a user without a known item: popular items, or none in a bundle that does not know them. */
function popularOf(model: StudentModel, k: number, items: Int32Array | undefined): UserVectors['unknown'] {
  if (!model.popular?.items.length) return { items: new Int32Array(0), scores: new Float32Array(0) };
  const places = new Map(model.itemIds.map((id, item) => [id, item]));
  const candidates = items && { candidates: Array.from(items, (item) => model.itemIds[item]!) };
  const list = createStudent(model).recommendFromItems([], { k, ...candidates });
  return {
    items: Int32Array.from(list, ({ itemId }) => places.get(itemId)!),
    scores: Float32Array.from(list, ({ score }) => score),
  };
}

async function ofRankings(from: string, request: Request, { k }: ListOptions): Promise<ListSource> {
  const { users, items, userIds = [], itemIds = [], labels, left } = request;
  const { rankings } = await runInParts(readingFinishedRun(from), createProgress().task('reading the run'));
  const row = (n: number): number => users?.[n] ?? n;
  const userId = (n: number): string => userIds[row(n)]!;
  const own = { nUsers: rankings.nUsers, nItems: rankings.nItems, ...left! };
  return {
    ...{ nUsers: users?.length ?? userIds.length, userId, itemIds, hasScores: false },
    ...defined({ labels }),
    blocks: byLists(rankings, own, row, { k, items, name: userId }),
  };
}
