/** What a student is made of, and whether its parts fit together. */

/** Within these bounds no score leaves the range of float32. */
export const modelLimits = { dim: 65_536, size: 1e15 } as const;

/** Everything a student is made of. `users`, `items`, `dim` > 0, `dim` up to 65,536; all numbers finite and at most 1e15 in size. */
export interface StudentModel {
  readonly nUsers: number;
  readonly nItems: number;
  readonly dim: number;
  /** `users * dim`, row by row. */
  readonly userFactors: Float32Array;
  /** `items * dim`, row by row. */
  readonly itemFactors: Float32Array;
  /** One number for each user, added to all its scores. */
  readonly userBiases?: Float32Array;
  /** One number for each item, added to its scores. */
  readonly itemBiases?: Float32Array;
  /** External ids; row `u` of the factors belongs to `userIds[u]`. No id occurs twice. */
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** Readable names of items; `''` where there is none. */
  readonly labels?: readonly string[];
  /** Items that each user already has, in compressed sparse rows, ascending within a row. */
  readonly seen?: { readonly indptr: Int32Array; readonly indices: Int32Array };
}

/** Models that were looked at, so that one that was just read is not looked at again before it serves. */
const sound = new WeakSet<StudentModel>();

/** The first thing that is wrong with a model, in words, or undefined if nothing is. */
export function problemOf(model: StudentModel): string | undefined {
  if (sound.has(model)) return undefined;
  const problem = firstProblem(model);
  if (problem === undefined) sound.add(model);
  return problem;
}

function firstProblem(model: StudentModel): string | undefined {
  const { nUsers, nItems, dim, userBiases, itemBiases, labels, seen } = model;
  for (const [name, value] of Object.entries({ nUsers, nItems, dim })) {
    if (!Number.isSafeInteger(value) || value < 1) return `${name} is ${value}; expected a whole number of at least 1`;
  }
  if (dim > modelLimits.dim) return `dim is ${dim}; at most ${modelLimits.dim} are allowed`;
  const lengths: [string, { readonly length: number } | undefined, number][] = [
    ['userFactors', model.userFactors, nUsers * dim],
    ['itemFactors', model.itemFactors, nItems * dim],
    ['userBiases', userBiases, nUsers],
    ['itemBiases', itemBiases, nItems],
    ['userIds', model.userIds, nUsers],
    ['itemIds', model.itemIds, nItems],
    ['labels', labels, nItems],
    ['seen.indptr', seen?.indptr, nUsers + 1],
  ];
  for (const [name, part, expected] of lengths) {
    if (part && part.length !== expected) return `${name} has ${part.length} entries; expected ${expected}`;
  }
  for (const name of ['userFactors', 'itemFactors', 'userBiases', 'itemBiases'] as const) {
    const at = model[name]?.findIndex((v) => !(Math.abs(v) <= modelLimits.size)) ?? -1;
    if (at >= 0)
      return `${name} has ${model[name]?.[at]} at position ${at}; expected at most ${modelLimits.size} in size`;
  }
  if (new Set(model.userIds).size !== nUsers) return 'a user id occurs twice';
  if (new Set(model.itemIds).size !== nItems) return 'an item id occurs twice';
  return seen && seenProblem(seen, nUsers, nItems);
}

function seenProblem(seen: NonNullable<StudentModel['seen']>, nUsers: number, nItems: number): string | undefined {
  const { indptr, indices } = seen;
  if (indptr[0] !== 0 || indptr[nUsers] !== indices.length) return 'the rows of "seen" do not cover its entries';
  for (let u = 0; u < nUsers; u++) {
    const end = indptr[u + 1]!;
    if (end < indptr[u]! || end > indices.length) return `row ${u} of "seen" has no valid end`;
    let last = -1;
    for (let k = indptr[u]!; k < end; k++) {
      if (indices[k]! <= last || indices[k]! >= nItems)
        return `row ${u} of "seen" has item ${indices[k]} after ${last}`;
      last = indices[k]!;
    }
  }
  return undefined;
}
