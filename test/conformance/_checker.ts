/**
 * The contract of a conformance checker: it computes what the golden numbers of one subject speak of. One file in this
 * folder and one line in `index.ts` add one.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The `inputs` of a case. A checker sees no more of the case, least of all what is expected. */
export type Inputs = { readonly [key: string]: Json };

/** A computed result, shaped like `expected`. Typed arrays are lists; NaN, null and absent mean "not defined here". */
export type Result =
  | null
  | undefined
  | boolean
  | number
  | string
  | NumberArray
  | readonly Result[]
  | { readonly [key: string]: Result };

export type NumberArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** `got` passes for `expected` if |got - expected| <= abs + rel * |expected|. */
export interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

export interface Results {
  /** Of the TypeScript reference in float64; must match everything expected, at the tolerance of the file. */
  readonly float64: Result;
  /** Of the float32 kernel, where there is one; must match at the `float32` tolerance of the checker. */
  readonly float32?: Result;
}

export interface Checker {
  /**
   * How near a float32 kernel must come, and why not nearer, said in a comment beside it. `keys` names the entries of
   * `expected` that the kernel computes, where it does not compute all; a case that expects none of them fails.
   */
  readonly float32?: Tolerance & { readonly keys?: readonly string[] };
  readonly check: (inputs: Inputs) => Results | Promise<Results>;
}

export type Checkers = Readonly<Record<string, Checker>>;
