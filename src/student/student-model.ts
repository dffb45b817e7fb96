/** The parameters of a student, and their validation. */

/** Within these limits no score exceeds the range of float32. `inputs`: of input factors, which are summed over a history. */
export const modelLimits = { dim: 65_536, size: 1e15, inputs: 1e9, userNorm: 1e18 } as const;

/** A student with a table of users, or one that computes every answer from the items a user has. */
export const studentKinds = ['users-and-items', 'items-only'] as const;
export type StudentKind = (typeof studentKinds)[number];

/** How a student without users answers for the items that a user has. */
export type HistoryAnswer =
  /** By input factors of the items: exactly the scores of training. Formula: history.ts. */
  | {
      readonly by: 'history';
      /** `nItems * dim`, row by row, at most 1e9 in magnitude. */
      readonly inputFactors: Float32Array;
      /** The sum of input factors is divided by the number of items to this power, from 0 to 1. */
      readonly exponent: number;
    }
  /** By fold-in, like new users of a student with users. Formula: fold-in.ts. */
  | {
      readonly by: 'fold-in';
      /** Mean norm of the factors of the users that the student had. */
      readonly userNorm: number;
    };

/** The items of most users, best first, each with its number of users. */
export interface PopularItems {
  readonly items: Int32Array;
  readonly counts: Int32Array;
}

/**
 * A student. `nItems` and `dim` are > 0, `dim` is at most 65,536. All values are finite, at most 1e15 in magnitude. With `answer` it is of the
 * kind items-only and has no users: `nUsers` is 0, user tables and ids are empty.
 */
export interface StudentModel {
  /** Present in a student of the kind items-only. */
  readonly answer?: HistoryAnswer;
  /** Recommended to users without a known item. */
  readonly popular?: PopularItems;
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

export const kindOf = ({ answer }: Pick<StudentModel, 'answer'>): StudentKind =>
  answer ? 'items-only' : 'users-and-items';

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
  const { nUsers, nItems, dim, userBiases, itemBiases, labels, seen, answer, popular } = model;
  if (answer && (nUsers !== 0 || userBiases || seen)) return 'a student of the kind items-only has users';
  for (const [name, value] of Object.entries({ ...(!answer && { nUsers }), nItems, dim })) {
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
    ['inputFactors', answer?.by === 'history' ? answer.inputFactors : undefined, nItems * dim],
    ['popular.counts', popular?.counts, popular?.items.length ?? 0],
  ];
  for (const [name, part, expected] of lengths) {
    if (part && part.length !== expected) return `${name} has ${part.length} entries; expected ${expected}`;
  }
  const problem =
    sizeProblem(model) ?? (answer && answerProblem(answer)) ?? (popular && popularProblem(popular, nItems));
  if (problem !== undefined) return problem;
  if (new Set(model.userIds).size !== nUsers) return 'a user id occurs twice';
  if (new Set(model.itemIds).size !== nItems) return 'an item id occurs twice';
  return seen && seenProblem(seen, nUsers, nItems);
}

/** The first value of the tables that is not finite or exceeds its limit. Undefined if all are within. */
export function sizeProblem(model: StudentModel): string | undefined {
  for (const name of ['userFactors', 'itemFactors', 'userBiases', 'itemBiases'] as const) {
    const problem = valuesProblem(name, model[name], modelLimits.size);
    if (problem !== undefined) return problem;
  }
  const { answer } = model;
  return answer?.by === 'history' ? valuesProblem('inputFactors', answer.inputFactors, modelLimits.inputs) : undefined;
}

function valuesProblem(name: string, values: Float32Array | undefined, most: number): string | undefined {
  const at = values?.findIndex((v) => !(Math.abs(v) <= most)) ?? -1;
  return at < 0 ? undefined : `${name} has ${values?.[at]} at position ${at}; expected at most ${most} in magnitude`;
}

function answerProblem(answer: HistoryAnswer): string | undefined {
  if (answer.by === 'history') {
    const { exponent } = answer;
    return exponent >= 0 && exponent <= 1 ? undefined : `its exponent is ${exponent}; expected a number from 0 to 1`;
  }
  const { userNorm } = answer;
  if (userNorm >= 0 && userNorm <= modelLimits.userNorm) return undefined;
  return `its userNorm is ${userNorm}; expected a number from 0 to ${modelLimits.userNorm}`;
}

function popularProblem({ items, counts }: PopularItems, nItems: number): string | undefined {
  for (let n = 0; n < items.length; n++) {
    if (!(items[n]! >= 0 && items[n]! < nItems)) return `the popular items have item ${items[n]} of ${nItems}`;
    if (!(counts[n]! >= 0 && (n === 0 || counts[n]! <= counts[n - 1]!))) return 'the popular items are not sorted';
  }
  return new Set(items).size < items.length ? 'an item is popular twice' : undefined;
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
