/** The data of a plot. `plots.ts` draws it; its libraries are loaded only then. */

/** A point of the line `name`, or a dot with this name. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

/** A point of a panel, or of the dots of one colour. */
export interface GroupedPoint extends Point {
  readonly group: string;
}

interface Axes {
  readonly x: string;
  readonly y: string;
}

/** A line for each name. */
export interface Lines extends Axes {
  readonly kind: 'lines';
  readonly points: readonly Point[];
  /** Marked points, such as checkpoints. */
  readonly dots?: readonly Point[];
}

/** Named dots over a logarithmic axis, coloured by group. */
export interface Named extends Axes {
  readonly kind: 'named';
  readonly points: readonly GroupedPoint[];
}

/** Shares that sum to one, as stacked areas, one panel for each group. */
export interface Shares extends Axes {
  readonly kind: 'shares';
  readonly points: readonly GroupedPoint[];
}

export type Plot = Lines | Named | Shares;

/** Number of colours in the style sheet of the page. Further series reuse them. */
export const SERIES = 8;
