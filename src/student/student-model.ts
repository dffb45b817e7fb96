/** The parameters of a student, and their validation. */

/** Within these limits no score exceeds the range of float32. */
export const modelLimits = { dim: 65_536, size: 1e15 } as const;

/** A student. `nUsers`, `nItems` and `dim` are > 0, `dim` is at most 65,536. All values are finite, at most 1e15 in magnitude. */
export interface StudentModel {
  readonly nUsers: number;
  readonly nItems: number;
  readonly dim: number;
  /** `nUsers * dim`, row by row. */
  readonly userFactors: Float32Array;
  /** `nItems * dim`, row by row. */
  readonly itemFactors: Float32Array;
  /** One bias per user, added to all of the user's scores. */
  readonly userBiases?: Float32Array;
  /** One bias per item, added to the item's scores. */
  readonly itemBiases?: Float32Array;
  /** External ids. Row `u` of the factors belongs to `userIds[u]`. Ids are distinct. */
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** Readable names of items. `''` for an item without a name. */
  readonly labels?: readonly string[];
  /** Items that each user already has, in CSR form, ascending within a row. */
  readonly seen?: { readonly indptr: Int32Array; readonly indices: Int32Array };
}

/** Validated models, so that a model is not validated again right after it was read. */
const validated = new WeakSet<StudentModel>();

/** A description of the first problem of a model. Undefined if it is valid. */
export function problemOf(model: StudentModel): string | undefined {
  if (validated.has(model)) return undefined;
  const problem = firstProblem(model);
  if (problem === undefined) validated.add(model);
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
      return `${name} has ${model[name]?.[at]} at position ${at}; expected at most ${modelLimits.size} in magnitude`;
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
