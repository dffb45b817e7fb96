/** What a list of recommendations consists of, and what may be asked of it. */

export interface RankedItem {
  readonly itemId: string;
  readonly label?: string;
  /** 1 is best. */
  readonly rank: number;
  readonly score: number;
}

export interface ListOptions {
  /** Length of the list, a whole number >= 1. Default: 10. The list is shorter if fewer items are allowed. */
  readonly k?: number;
  /** Item ids to exclude, in addition to the seen ones. Unknown ids are ignored. */
  readonly exclude?: readonly string[];
  /** Keeps an item if it returns true. Called in no particular order and only for items good enough for the list, so it may be slow. */
  readonly filter?: (itemId: string) => boolean;
  /** Ranks only these items. Unknown ids are ignored. */
  readonly candidates?: readonly string[];
  /** Also list items that the user already has. Default: false. */
  readonly includeSeen?: boolean;
}

/** Beyond the options of a list: the weights of fold-in, which students with input factors do not use and refuse. */
export interface FoldInOptions extends ListOptions {
  /** Regularisation, relative to the mean squared norm of the item factors, > 0. Default: 30. Formula: fold-in.ts. */
  readonly l2?: number;
  /** Weight of an unobserved item, >= 0. An observed item has weight 1. Default: 0.03. */
  readonly unobserved?: number;
}
