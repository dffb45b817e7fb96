/** The parts of a student model in the tensors of its bundle. */
import { decodeRows, scalesOf } from './codes.js';
import { fromHalf } from './half.js';
import type { BundleManifest } from './manifest.js';
import { type Tensor, type TensorData, type TensorType, tensorData } from './safetensors.js';
import { damaged } from './student-error.js';
import type { HistoryAnswer, PopularItems, StudentModel } from './student-model.js';
import { decodeCounts, decodeIds, decodeRowsOfItems, type IndexRows } from './varints.js';

type Tensors = ReadonlyMap<string, Tensor>;
type Side = 'user' | 'item' | 'input';

/** Names of the tensors that are no factors. */
export const tensorNames = {
  /** Differences of whole-number ids (varints.ts). */
  ids: (side: 'user' | 'item') => `${side}.ids`,
  /** Histories of all users (varints.ts). */
  seen: 'seen',
  exponent: 'history.exponent',
  userNorm: 'users.norm',
  popularItems: 'popular.items',
  popularCounts: 'popular.counts',
} as const;

/**
 * @param ids those of the JSON files; absent if they are among the tensors
 * @throws StudentError `bundle-damaged` for a tensor that is missing, or of another type or shape
 */
export function modelParts(
  tensors: Tensors,
  manifest: BundleManifest,
  ids: { readonly users: readonly string[] | undefined; readonly items: readonly string[] | undefined },
): Omit<StudentModel, 'labels'> {
  const { dim, users: nUsers, items: nItems } = manifest;
  if (manifest.kind === 'items-only') refuseUsers(tensors);
  const userBiases = biasesOf(tensors, 'user', nUsers, manifest);
  const itemBiases = biasesOf(tensors, 'item', nItems, manifest);
  const answer = answerOf(tensors, manifest);
  const popular = popularOf(tensors);
  const seen = manifest.formatVersion < 3 ? plainSeen(tensors, nUsers) : seenOf(tensors, nUsers, nItems);
  return {
    ...{ nUsers, nItems, dim },
    userFactors: answer ? new Float32Array(0) : factorsOf(tensors, 'user', nUsers, manifest),
    itemFactors: factorsOf(tensors, 'item', nItems, manifest),
    userIds: ids.users ?? idsOf(tensors, 'user', nUsers),
    itemIds: ids.items ?? idsOf(tensors, 'item', nItems),
    ...(userBiases && { userBiases }),
    ...(itemBiases && { itemBiases }),
    ...(seen && { seen }),
    ...(answer && { answer }),
    ...(popular && { popular }),
  };
}

/** A bundle without users promises that it has nothing about any. */
function refuseUsers(tensors: Tensors): void {
  const name = [...tensors.keys()].find((given) => /^(user|seen)(\.|$)/.test(given));
  if (name !== undefined) damaged(`it has the tensor "${name}", but a student of the kind items-only has no users`);
}

function answerOf(tensors: Tensors, manifest: BundleManifest): HistoryAnswer | undefined {
  switch (manifest.answer) {
    case undefined:
      return undefined;
    case 'history': {
      const exponent = needed(tensors, tensorNames.exponent, [], Float64Array)[0]!;
      // A model with one table for both has it once.
      const side = tensors.has('input.factors') ? 'input' : 'item';
      return { by: 'history', inputFactors: factorsOf(tensors, side, manifest.items, manifest), exponent };
    }
    case 'fold-in':
      return { by: 'fold-in', userNorm: needed(tensors, tensorNames.userNorm, [], Float64Array)[0]! };
  }
}

function popularOf(tensors: Tensors): PopularItems | undefined {
  const items = optional(tensors, tensorNames.popularItems, [null], Uint8Array);
  if (!items) return undefined;
  const counts = needed(tensors, tensorNames.popularCounts, [null], Uint8Array);
  // Empty lists are none.
  if (items.length === 0 && counts.length === 0) return undefined;
  return {
    items: decodeCounts(items, tensorNames.popularItems),
    counts: decodeCounts(counts, tensorNames.popularCounts),
  };
}

/** Of versions 1 and 2. */
function plainSeen(tensors: Tensors, nUsers: number): IndexRows | undefined {
  const indptr = optional(tensors, 'seen.indptr', [nUsers + 1], Int32Array);
  const indices = optional(tensors, 'seen.indices', [null], Int32Array);
  if (!indptr !== !indices) damaged('it has only one of "seen.indptr" and "seen.indices"');
  return indptr && indices && { indptr, indices };
}

function seenOf(tensors: Tensors, nUsers: number, nItems: number): IndexRows | undefined {
  const bytes = optional(tensors, tensorNames.seen, [null], Uint8Array);
  return bytes && decodeRowsOfItems(bytes, nUsers, nItems, `"${tensorNames.seen}"`);
}

function idsOf(tensors: Tensors, side: 'user' | 'item', rows: number): string[] {
  const name = tensorNames.ids(side);
  const bytes = optional(tensors, name, [null], Uint8Array);
  return bytes ? decodeIds(bytes, rows, `"${name}"`) : damaged(`it has no "${name}", and ${side}s.json has no "ids"`);
}

function biasesOf(
  tensors: Tensors,
  side: 'user' | 'item',
  rows: number,
  { precision, formatVersion }: BundleManifest,
): Float32Array | undefined {
  const name = `${side}.bias`;
  const coded = precision === 'int8' && formatVersion >= 3;
  if (!coded || !tensors.has(name)) return optional(tensors, name, [rows], Float32Array);
  const codes = needed(tensors, name, [rows], Int8Array);
  const remainders = needed(tensors, `${name}.remainders`, [rows], Int8Array);
  return decodeRows(
    { codes, remainders, scales: scalesOf(needed(tensors, `${name}.exponents`, [1], Int8Array)) },
    rows,
  );
}

/** Factors as float32, decoded from any precision. */
function factorsOf(
  tensors: Tensors,
  side: Side,
  rows: number,
  { dim, precision = 'f32', formatVersion }: BundleManifest,
): Float32Array {
  const name = `${side}.factors`;
  const shape = [rows, dim];
  if (precision === 'f32') return needed(tensors, name, shape, Float32Array);
  if (precision === 'f16') return fromHalf(needed(tensors, name, shape, Uint16Array));
  const codes = needed(tensors, name, shape, Int8Array);
  const withRemainders = precision === 'int16' || formatVersion < 3;
  const scales =
    formatVersion < 3
      ? needed(tensors, `${side}.scales`, [rows], Float32Array)
      : scalesOf(needed(tensors, `${side}.exponents`, [rows], Int8Array));
  return decodeRows(
    { codes, scales, ...(withRemainders && { remainders: needed(tensors, `${side}.remainders`, shape, Int8Array) }) },
    dim,
  );
}

const needed = <T extends TensorData>(
  tensors: Tensors,
  name: string,
  shape: readonly (number | null)[],
  type: TensorType<T>,
): T => optional(tensors, name, shape, type) ?? damaged(`it has no tensor "${name}"`);

function optional<T extends TensorData>(
  tensors: Tensors,
  name: string,
  shape: readonly (number | null)[],
  type: TensorType<T>,
): T | undefined {
  const tensor = tensors.get(name);
  return tensor && tensorData(name, tensor, type, shape);
}
